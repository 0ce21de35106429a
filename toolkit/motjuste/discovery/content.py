"""Judges a sample of a column's values: sentences about persons, labels, codes or the output of programs.

Measured on the values and thrown away: an `Evidence` holds shares, and no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from motjuste.discovery.names import SHOWN, about_things
from motjuste.engine.text import fold
from motjuste.model import Column

ENOUGH = 5  # values from which on content says something
MOST = 30  # values that are looked at
LENGTH = 200  # characters that are looked at in each

# The commonest small words, which labels and codes do without.
_SMALL = frozenset(
    "le la les un une des du de et ou a au aux en dans sur pour par avec sans que qui ne pas plus est sont etait ete "
    "ont avait il elle ils elles on nous vous je se ce cette son sa ses leur deja apres avant suite car mais si bien "
    "tres chez lui the an of and or to in for with without that who not is are was were has had have he she they we "
    "you i it his her their this but after before because if very at be been will would said as".split()
)
# Words of what persons do and are, in the notes that others take of them.
_PERSONAL = re.compile(
    r"\b(?:il|elle|ils|elles|je|nous|client|cliente|clients|mme|mr|monsieur|madame|mlle|patiente?|locataire|eleve|usager|salarie|son mari"
    r"|sa femme|rappel\w*|rdv|souhait\w*|demand\w*|refus\w*|absente?|joindre|injoignable|mecontente?|dit|signal\w*|appel\w*|vu avec"
    r"|prevenu\w*|he|she|i|we|customer|caller|patient|called|asked|asks|wants|wanted|told|says|said|refus(?:ed|es)|callback|spoke|mrs"
    r"|ms|upset|angry|tenant|student|please|merci|svp)\b"
)
# What is typed where there is nothing to say.
_NOTHING = frozenset(
    "ras r.a.s neant aucun aucune rien nc n/a na none nil null ok x xx xxx . .. ... - -- ? / 0".split()
)
_MACHINE = (
    ("json", re.compile(r"\s*[\[{].*[\]}:,]", re.S)),
    ("html", re.compile(r"<(?:p|div|html|br|span|a|table|h\d|ul|li|body|td|strong|!doctype)\b", re.I)),
    ("templates", re.compile(r"\{\{|\{%|\$\{|<%|%\(\w+\)s|\[\[\w+\]\]|\{[a-zA-Z_.]+\}|__[A-Z_]+__")),
    ("addresses of the web", re.compile(r"(?:https?://|www\.)\S+$", re.I)),
    ("e-mail addresses", re.compile(r"\S+@\S+\.\w+$")),
    ("paths", re.compile(r"(?:[A-Za-z]:)?[\\/]?(?:[\w.-]+[\\/])+[\w.-]*$")),
    ("hashes and tokens", re.compile(r"(?:[0-9a-f]{16,}|[0-9a-f-]{32,36}|[\w$./+=-]{24,})$", re.I)),
    ("slugs", re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){2,}$")),
    ("codes", re.compile(r"(?=\S*\d)[\w.,/:+()-]+$|[A-Z0-9_]{2,}$|[\d\s.,/:+()-]+$")),
)


@dataclass(frozen=True)
class Evidence:
    """What a sample shows, as shares from 0 to 1: prose (sentences), personal prose, what machines write, and so on.

    `values` were looked at; `words` is their mean number of words; `machine` names what most of them are.
    """

    values: int
    words: float
    prose: float
    personal: float
    distinct: float
    machine: str


def measure(sample: Iterable[str | None]) -> Evidence:
    """What the values of a sample show; empty ones do not count."""
    values = list(islice((v for v in map(_trimmed, sample) if v), MOST))
    total = len(values) or 1
    kinds: dict[str, int] = {}
    count = prose = personal = 0
    for value in values:
        kind = next((name for name, shape in _MACHINE if shape.match(value)), "") or (
            "templates" if _MACHINE[2][1].search(value) else ""
        )
        kinds[kind] = kinds.get(kind, 0) + 1
        folded = fold(value)
        found = re.findall(r"[a-z]+", folded)
        count += len(found)
        if kind:
            continue
        about = _PERSONAL.search(folded) is not None
        if (len(found) >= 4 and (about or any(w in _SMALL for w in found))) or (about and len(found) >= 2):
            prose += 1
            personal += about
    kind, most = max(((k, n) for k, n in kinds.items() if k), key=lambda pair: pair[1], default=("", 0))
    machine = kind if sum(n for k, n in kinds.items() if k) >= 0.6 * total and most else ""
    return Evidence(
        len(values), count / total, prose / total, personal / total, len(set(values)) / total, machine
    )


def _trimmed(value: str | None) -> str:
    """The start of a value, '' where it says nothing."""
    text = value.strip()[:LENGTH] if value else ""
    return "" if len(text) < 7 and fold(text) in _NOTHING else text


def weigh(column: Column, evidence: Evidence) -> Column:
    """A scored column with what its content adds or takes away."""
    points, reason = _points(column, evidence)
    if not reason:
        return column
    if points < 0 and column.named:
        points = max(points, -20)  # what is called a note may hold one tomorrow
    total = column.score + points
    if evidence.personal >= 0.3 and points > 0:
        total = max(total, SHOWN + 5)  # notes are typed where there is room, whatever the column is called
    return replace(column, score=max(0, min(100, total)), reasons=(*column.reasons, reason))


def _points(column: Column, seen: Evidence) -> tuple[int, str]:
    if seen.values < ENOUGH:
        return 0, ""
    if seen.machine:
        return -45, f"holds {seen.machine}"
    if seen.values >= 20 and seen.distinct <= 0.2:
        return -30, "holds the same values again and again"
    if seen.prose >= 0.3 and seen.personal >= 0.15:
        return (45 if seen.prose >= 0.5 else 35), "holds sentences about persons"
    if seen.prose >= 0.5:
        return (0 if about_things(column) else 15), "holds sentences"
    if seen.personal >= 0.1:
        return 20, "holds short remarks"
    if seen.words < 1.7:
        return -35, "holds single words"
    if seen.prose < 0.2 and seen.words < 4:
        return -20, "holds labels"
    return 0, ""
