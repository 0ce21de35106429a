"""Where sql/, rules/ and migrations/ are: the one place that knows, in a wheel or a checkout."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motjuste import compiled, private
from motjuste.errors import MotjusteError
from motjuste.memory import growing
from motjuste.model import Pack
from motjuste.printable import message
from motjuste.second import Words
from motjuste.tailor import Choices, tailored

AS_SHIPPED = Choices()
# the modules that make a pack what it is: where one of them changed, what was compiled before is of no use
COMPILER = (
    "text",
    "forms",
    "grammar",
    "phrase",
    "anchor",
    "pattern",
    "raw",
    "shape",
    "source",
    "draft",
    "rule",
    "rules",
    "numbering",
    "tailor",
    "compiled",
)
# compiled packs of a language in the cache, the last used: of the shipped ones, one for each version that is in use; of
# those with own files, one for each policy
KEPT = 4
ABANDONED = 3600  # seconds after which what is half written was left by a process that was killed


def asset_dir(name: str) -> Traversable:
    """The folder `sql`, `rules` or `migrations`. Raises MotjusteError where it is missing."""
    in_wheel = files("motjuste") / name
    in_checkout = Path(__file__).resolve().parents[2] / name
    for folder in (in_wheel, in_checkout):
        if folder.is_dir():
            return folder
    raise MotjusteError(f"the {name} folder is missing", hint="reinstall motjuste")


def read(*path: str) -> str:
    """The text of one asset: read("rules", "fr", "lists.toml")."""
    folder = asset_dir(path[0])
    for part in path[1:]:
        folder = folder / part
    return folder.read_text(encoding="utf-8")


def query(name: str) -> str:
    """The text of a query: query("columns.sql"). `@types@` in it stands for what types.sql says, `@trusted@` for trusted.sql."""
    found = read("sql", "queries", name)
    for part in ("types", "trusted"):
        if f"@{part}@" in found:
            found = found.replace(f"@{part}@", read("sql", "queries", f"{part}.sql"))
    return found


def pack_files(folder: Traversable | Path) -> dict[str, str]:
    """Name -> text of the TOML files of one folder. Raises MotjusteError where one is not UTF-8."""
    found = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            try:
                found[file.name] = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as exc:
                raise MotjusteError(f"{file.name} is not UTF-8", hint="save the file as UTF-8") from exc
    return found


def shipped(language: str = "fr") -> dict[str, str]:
    """Name -> text of the rule files of a language. Raises MotjusteError where there are none."""
    folder = asset_dir("rules")
    if language not in (known := [f.name for f in folder.iterdir() if f.is_dir()]):
        raise MotjusteError(
            f"no rules in the language {language!r}", hint=f"choose one of {', '.join(sorted(known))}"
        )
    return pack_files(folder / language)


@cache
def pack(language: str = "fr", choices: Choices = AS_SHIPPED) -> Pack:
    """The compiled pack of a language that ships with motjuste, as a policy's choices make it.

    Raises RuleError where a user's own file is wrong, or one of its examples does not hold: all problems at once.
    """
    texts = shipped(language)
    found = made(language, texts, choices.own)
    if choices == AS_SHIPPED:
        return found
    found = tailored(found, choices)
    return replace(found, digest=_digest(texts, choices), version=f"{found.version}+policy")


def words(language: str = "fr") -> Words:
    """What the second reading knows of a language's words."""
    return Words.of(tomllib.loads(read("rules", language, "lists.toml"))["lists"])


@growing()
def made(language: str, texts: dict[str, str], own: tuple[tuple[str, str], ...] = ()) -> Pack:
    """The compiled pack of these files: out of the cache, else compiled, with `own` ones on top of the pack without, and kept.

    Raises RuleError as `pack` does.
    """
    digest = _digest(texts, Choices(own))
    file = _cache_file(language, digest, own=bool(own))
    try:
        if found := _kept(file):
            return found
    except private.Untrusted as exc:
        print(
            f"motjuste: the rules are compiled afresh, the cache is not used: {message(exc.message)}",
            file=sys.stderr,
        )
        file = None
    from motjuste import examples, rules  # which a pack that is compiled already does without
    from motjuste.matcher import Matcher

    before = made(language, texts) if own else None
    found = replace(rules.load(texts, dict(own), before), digest=digest)
    if own:
        rules.refuse(examples.problems(Matcher(found), examples.own(found, dict(own))))
    if file:
        _keep(file, compiled.dump(found))
    return found


def _kept(file: Path | None) -> Pack | None:
    """The pack that the cache holds; None where it is not there yet, or damaged.

    Raises Untrusted where others can write the cache: a rule may have been taken out of it.
    """
    try:
        if file:
            found = compiled.read(private.trusted(file).decode("utf-8"))
            with suppress(OSError):  # a cache that can only be read
                file.touch()
            return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _digest(texts: dict[str, str], choices: Choices) -> str:
    """A digest of the rules, of what a policy makes of them, and of the code: each changes what a pack does."""
    found = hashlib.sha256()
    for module in COMPILER:
        found.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    for name, content in (*sorted(texts.items()), *choices.own):
        found.update(f"{name}\0{content}\0".encode())
    changes = [(c.target, c.level) for c in choices.changes]
    if choices.profile or changes:
        found.update(repr((choices.profile, changes)).encode())
    return found.hexdigest()


def _cache_file(language: str, digest: str, *, own: bool) -> Path | None:
    """Where a compiled pack is kept: in the user's own cache folder, None for an account without a home."""
    cache = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME")
    folder = Path(cache) if cache else Path(home, ".cache") if home else None
    return folder and folder / "motjuste" / f"{'own-' if own else ''}{language}-{digest[:32]}.json"


def _keep(file: Path, content: str) -> None:
    """Write a file of the cache whole or not at all; a cache that cannot be written is no error."""
    folder = file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob("tmp*"):
            if left.stat().st_mtime < time.time() - ABANDONED:
                left.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as part:
            part.write(content)
        Path(part.name).replace(file)
        kind = file.name.rpartition("-")[0]
        newest = sorted(folder.glob(f"{kind}-*.json"), key=lambda f: f.stat().st_mtime)
        for old in newest[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def kept(kind: str, digest: str) -> str | None:
    """What `keep` kept of this kind for a pack with this digest; None where there is nothing, or others could have written it."""
    file = _derived(kind, digest)
    try:
        if file:
            for place in (file, file.parent):
                found = place.stat()
                if found.st_uid != os.geteuid() or found.st_mode & 0o022:
                    return None
            return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    return None


def keep(kind: str, digest: str, content: str) -> None:
    """Keep what was computed of a pack in the user's cache, for `kept`."""
    if file := _derived(kind, digest):
        _keep(file, content)


def _derived(kind: str, digest: str) -> Path | None:
    """The file of it: another one where any of our code changes."""
    found = hashlib.sha256(digest.encode())
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(module.read_bytes())
    return _cache_file(kind, found.hexdigest(), own=False)
