"""Pages that a person reads: values in, HTML or Markdown out, by the templates of html/<language>/.

HTML is escaped by Jinja; each page is one file that asks for nothing outside itself, and its policy (CSP) holds it to that.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from motjuste import __version__
from motjuste.officer.pages import markdown

if TYPE_CHECKING:
    from jinja2 import Environment

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")  # fmt: skip
NARROW = "\u202f"  # between thousands, and before a percent sign


def page(name: str, language: str = "fr", **values: Any) -> str:
    """The page that the template `name` makes of these values: HTML, or Markdown where the name ends in .md.

    A template also knows `language` and `version`, that of motjuste.
    """
    return (
        _environment()
        .get_template(f"{language}/{name}")
        .render(language=language, version=__version__, **values)
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    found = Environment(
        loader=PackageLoader("motjuste", "officer/html"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"number": number, "percent": percent, "day": day, "month": month, "md": markdown}
    return found


def number(value: int) -> str:
    """A count as French writes it: 12 345, with narrow spaces."""
    return f"{value:,}".replace(",", NARROW)


def percent(share: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as French writes it: 3,2 %; a dash where there is none."""
    if share is None:
        return "–"
    shown = f"{share * 100:.{digits}f}".replace(".", ",")
    return f"{shown.removesuffix(',' + '0' * digits)}{NARROW}%"


def day(value: date | datetime | None) -> str:
    """A day as French writes it: 1er mars 2026; a dash where there is none."""
    if value is None:
        return "–"
    return f"{'1er' if value.day == 1 else value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: str) -> str:
    """The name of a month given as 2026-03: mars 2026."""
    year, number_of = value.split("-")
    return f"{MONTHS[int(number_of) - 1]} {year}"
