"""Finding the policy file: motjuste.toml, or [tool.motjuste] in pyproject.toml, here or in a folder above."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Collection
from glob import glob
from pathlib import Path

from motjuste import assets, config
from motjuste.config import Config
from motjuste.engine.matcher import Matcher
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.model import Pack
from motjuste.rulepack.overrides import Choices

NAME = "motjuste.toml"


def find(start: Path | None = None) -> Path | None:
    """The nearest policy file from `start` upwards; MOTJUSTE_CONFIG names one outright; None where there is none.

    Raises ConfigError for a file that somebody else may have put in our way, as in /tmp.
    """
    named = os.environ.get("MOTJUSTE_CONFIG")
    if named:
        return Path(named)
    folder = (start or Path.cwd()).resolve()
    for place in (folder, *folder.parents):
        if (place / NAME).is_file():
            _refuse_planted(place / NAME, folder)
            return place / NAME
        pyproject = place / "pyproject.toml"
        if pyproject.is_file() and _has_section(pyproject):
            _refuse_planted(pyproject, folder)
            return pyproject
    return None


def _refuse_planted(path: Path, start: Path) -> None:
    """Raise ConfigError if the file may be a stranger's: a policy decides what is checked, and whose code may run.

    Whoever owns the folder that we start in is trusted: there, a person chose to be.
    """
    ours = {0, os.geteuid()}
    folder, found = path.parent.stat(), path.stat()
    chosen = not folder.st_mode & stat.S_IWOTH and folder.st_uid in ours | {start.stat().st_uid}
    if found.st_mode & stat.S_IWOTH or not (chosen or ours >= {path.lstat().st_uid, found.st_uid}):
        raise ConfigError(
            f"{path}: this policy may be somebody else's: others may write "
            + ("it" if found.st_mode & stat.S_IWOTH else "there"),
            hint="if it is yours, name it: MOTJUSTE_CONFIG="
            + str(path)
            + "; or work in a folder of your own",
        )


def load(path: Path | None = None) -> Config:
    """The policy of the file at `path` or of the nearest one; the defaults where there is none."""
    path = path or find()
    return config.parse(read(path), str(path)) if path else Config()


def settings(
    *,
    language: str | None = None,
    profile: str | None = None,
    schemas: Collection[str] = (),
    mode: str | None = None,
) -> Config:
    """The settings of one command: its flags, then the environment, then the nearest policy file, then the defaults."""
    return config.override(load(), os.environ, language=language, profile=profile, schemas=schemas, mode=mode)


def pack(policy: Config | None = None) -> Pack:
    """The compiled pack in use: the shipped one, with what the policy adds to it and makes of it.

    Raises RuleError or ConfigError listing every problem of the user's own files and settings.
    """
    policy = policy or settings()
    return assets.pack(policy.language, choices(policy))


def matcher(policy: Config | None = None) -> Matcher:
    """The matcher of the pack in use, made once in a process for each policy."""
    policy = policy or settings()
    return assets.matcher(policy.language, choices(policy))


def finding(policy: Config, pack: Pack) -> Matcher:
    """The matcher of a pack with its examples that this policy makes."""
    made = assets.matcher(policy.language, choices(policy))
    return made.with_pack(pack)


def unfitted(policy: Config) -> Pack:
    """The compiled pack with the policy's own rules, before a profile and the policy's changes fit it."""
    return assets.pack(policy.language, Choices(own_files(policy)))


def choices(policy: Config) -> Choices:
    """What the policy makes of the shipped rules. Raises ConfigError where a rule file cannot be found or read."""
    return Choices(own_files(policy), policy.profile, policy.profile_from, policy.changes)


def own_files(policy: Config) -> tuple[tuple[str, str], ...]:
    """(name, text) of each rule file of the policy's own, in name order; names are as seen from its folder."""
    folder = Path(policy.source).parent
    names: set[str] = set()
    for pattern in policy.rule_files:
        # unlike Path.glob, this takes a pattern that is absolute or leads out of the folder
        names_found = glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
        found = [n for n in names_found if (folder / n).is_file()]
        if not found:
            raise ConfigError(
                f"{policy.source}: no rule file at {pattern!r}",
                hint="`files` of [rules] are names or patterns seen from the folder of the policy file",
            )
        names.update(found)
    return tuple((name, read_rules(folder / name)) for name in sorted(names))


def read(path: Path) -> str:
    """The text of a policy file, its line ends as they are. Raises ConfigError where it cannot be read."""
    return _text(path, hint="motjuste init writes a new one")


def read_rules(path: Path) -> str:
    """The text of a rule file or a file of notes. Raises ConfigError where it cannot be read."""
    return _text(path, hint="give a file that can be read").replace("\r\n", "\n")


def _text(path: Path, hint: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # editors on Windows put a byte-order mark before it
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror}", hint=hint) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8", hint="save the file as UTF-8") from exc


def write(path: Path, text: str) -> None:
    """Write a policy file, whole or not at all. Raises ConfigError where the folder does not let us."""
    private.write(path, text, force=True, shared=True)  # what it held is in it


def _has_section(pyproject: Path) -> bool:
    text = read(pyproject)
    try:
        return "motjuste" in tomllib.loads(text).get("tool", {})
    except (ValueError, RecursionError):
        return False  # another tool's file: not ours to complain about
