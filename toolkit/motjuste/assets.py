"""Where sql/, rules/ and migrations/ are: the one place that knows, in a wheel or a checkout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from motjuste import rules
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
    return rules.load(pack_files(asset_dir("rules") / language))
