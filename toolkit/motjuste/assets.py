"""Where sql/, rules/ and migrations/ are: the one place that knows, in a wheel or a checkout."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motjuste import anchor, compiled, forms, pattern, phrase, rules, text
from motjuste.errors import MotjusteError
from motjuste.model import Pack


def asset_dir(name: str) -> Traversable:
    """The folder `sql`, `rules` or `migrations`. Raises MotjusteError where it is missing."""
    in_wheel = files("motjuste") / name
    in_checkout = Path(__file__).resolve().parents[2] / name
    for folder in (in_wheel, in_checkout):
        if folder.is_dir():
            return folder
    raise MotjusteError(f"the {name} folder is missing", hint="reinstall motjuste")


def read(*path: str) -> str:
    """The text of one asset: read("sql", "queries", "columns.sql")."""
    folder = asset_dir(path[0])
    for part in path[1:]:
        folder = folder / part
    return folder.read_text(encoding="utf-8")


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


@cache
def pack(language: str = "fr") -> Pack:
    """The compiled pack of a language that ships with motjuste."""
    texts = pack_files(asset_dir("rules") / language)
    digest = _digest(texts)
    folder = _cache_folder()
    kept = folder / f"{language}-{digest[:32]}.json" if folder else None
    if kept:
        try:
            return compiled.read(kept.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not there yet, or damaged: compile and keep it again
    found = replace(rules.load(texts), digest=digest)
    if kept:
        _keep(kept, compiled.dump(found))
    return found


def _digest(texts: dict[str, str]) -> str:
    """A digest of the rules and of the code that compiles them: either changes what a pack does."""
    found = hashlib.sha256()
    for module in (text, forms, phrase, anchor, pattern, rules, compiled):
        found.update(Path(module.__file__ or "").read_bytes())
    for name, content in sorted(texts.items()):
        found.update(f"{name}\0{content}\0".encode())
    return found.hexdigest()


def _cache_folder() -> Path | None:
    """The user's own cache folder, None for an account without a home: what others can write is not trusted."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME")
    if not home:
        return None
    return Path(home, "motjuste") if os.environ.get("XDG_CACHE_HOME") else Path(home, ".cache", "motjuste")


def _keep(file: Path, content: str) -> None:
    """Write a file of the cache whole or not at all; a cache that cannot be written is no error."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in file.parent.glob(f"{file.name.split('-')[0]}-*.json"):
            old.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as part:
            part.write(content)
        Path(part.name).replace(file)
    except OSError:
        return
