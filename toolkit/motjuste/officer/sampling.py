"""Control by sampling: the rate of non-compliant notes of each team, how sure it is, and the sheet that a person fills in. Pure."""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from motjuste.errors import ConfigError
from motjuste.files.spreadsheet import harmless
from motjuste.model import inside
from motjuste.printable import name

Z95 = 1.959964  # the 97.5th percentile of the normal law: 95 % lie within it on either side
HEADER = ("tirage", "numero", "equipe", "colonne", "date", "commentaire", "objectif", "pertinent", "sans_donnee_sensible", "conseil")  # fmt: skip
WHOLE = "ensemble"  # the period of a rate of a whole sample
_MARKS = ("objectif", "pertinent", "sans_donnee_sensible")
_SAID = {
    "oui": True,
    "o": True,
    "yes": True,
    "y": True,
    "1": True,
    "non": False,
    "n": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True)
class Drawn:
    """A note that was drawn. `text` is for the sheet alone; the rest says where it stands."""

    relation: str
    column: str
    json_key: str
    row_key: str
    stratum: str
    written_on: date | None
    text: str

    @property
    def place(self) -> str:
        """The column, as a person reads it."""
        return f"{self.relation}.{self.column}{inside(self.json_key)}"


@dataclass(frozen=True)
class Mark:
    """What a person said of a drawn note."""

    sample: int
    number: int
    objective: bool
    relevant: bool
    clean: bool

    @property
    def compliant(self) -> bool:
        """Whether nothing is wrong with the note."""
        return self.objective and self.relevant and self.clean


class Marked(NamedTuple):
    """A note that a person read: its team (or author, or column), its column, its day, whether it is compliant, its sample."""

    stratum: str
    column: str
    day: date | None
    compliant: bool
    sample: int


@dataclass(frozen=True)
class Rate:
    """Of the notes of a team in a column and a period that were read, how many were not compliant; `low` and `high` bound
    the rate among all of these notes, from 0 to 1, with 95 % confidence."""

    stratum: str
    column: str
    period: str
    read: int
    faulty: int
    low: float
    high: float

    @property
    def said(self) -> str:
        """The bounds in plain French: entre 2 % et 6 %."""
        low, high = round(self.low * 100), round(self.high * 100)
        return f"{high} %" if low == high else f"entre {low} % et {high} %"


def wilson(faulty: int, read: int, z: float = Z95) -> tuple[float, float]:
    """The bounds of a rate, from 0 to 1, of which `faulty` of `read` were seen.

    Wilson's score interval (1927), which holds for small samples and for rates near 0: Brown, Cai and DasGupta,
    "Interval estimation for a binomial proportion", Statistical Science 16 (2001).
    """
    if not read:
        return 0.0, 1.0
    share = faulty / read
    middle = (share + z * z / (2 * read)) / (1 + z * z / read)
    half = z / (1 + z * z / read) * math.sqrt(share * (1 - share) / read + z * z / (4 * read * read))
    return (0.0 if not faulty else middle - half), (1.0 if faulty == read else middle + half)


def rates(marks: Iterable[Marked]) -> list[Rate]:
    """The rate of each team in each column: of the whole sample where there is one, then by quarter, in that order.

    Columns are not added up: of each the same number of notes is drawn, however many it holds. Nor are samples, which may
    be of different times, but within a quarter.
    """
    read: Counter[tuple[str, str, str]] = Counter()
    faulty: Counter[tuple[str, str, str]] = Counter()
    samples: dict[tuple[str, str], set[int]] = {}
    for m in marks:
        samples.setdefault((m.stratum, m.column), set()).add(m.sample)
        for period in ("", quarter(m.day)):
            read[m.stratum, m.column, period] += 1
            faulty[m.stratum, m.column, period] += not m.compliant
    quarters = Counter((stratum, column) for stratum, column, period in read if period)
    return [
        Rate(stratum, column, period or WHOLE, n, faulty[key], *wilson(faulty[key], n))
        for key, n in sorted(read.items())
        for stratum, column, period in [key]
        # one quarter says the same as the whole
        if period or (len(samples[stratum, column]) == 1 and quarters[stratum, column] > 1)
    ]


def quarter(day: date | None) -> str:
    """The quarter of a day, as in 2026-T3."""
    return f"{day.year}-T{(day.month + 2) // 3}" if day else "sans date"


# -- drawing ---------------------------------------------------------------------------------------


def slots(pages: Sequence[int], most: int, draw: random.Random) -> Iterator[tuple[int, int, int]]:
    """(table, page, line pointer), drawn evenly and without end from tables of so many pages, 1 to `most` on each.

    A row stands in one slot and pages have the same number of them, so that a row which is kept where the slot
    holds one, and passed over otherwise, is as likely as any other, whatever its length or age: acceptance and
    rejection (von Neumann, 1951).
    """
    total = sum(pages)
    while total:
        page = draw.randrange(total)
        for table, size in enumerate(pages):
            if page < size:
                yield table, page, draw.randint(1, most)
                break
            page -= size


# -- the sheet -------------------------------------------------------------------------------------


def sheet(sample: int, notes: Sequence[Drawn]) -> str:
    """The CSV of a sample for a person to fill in with oui or non; a cell that a spreadsheet would run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for number, n in enumerate(notes, 1):
        cells = (n.written_on.isoformat() if n.written_on else "", n.text)
        writer.writerow(
            (sample, number, *map(harmless, (name(n.stratum), name(n.place), *cells)), "", "", "", "")
        )
    return "\ufeff" + out.getvalue()  # a byte-order mark: spreadsheets take the file for UTF-8


def marks(text: str, source: str) -> list[Mark]:
    """The marks of a filled sheet; notes that were left blank are left out.

    Raises ConfigError naming every line that cannot be read, and none is taken then.
    """
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count))
    header = [h.strip().lower() for h in next(reader, [])]
    lacking = [h for h in ("tirage", "numero", *_MARKS) if h not in header]
    if lacking:
        raise ConfigError(
            f"{source}: no column {', '.join(lacking)}",
            hint="give the sheet that `motjuste sample` wrote, filled in",
        )
    found: dict[tuple[int, int], Mark] = {}
    wrong = []
    for row in reader:
        line = reader.line_num
        cells = dict(zip(header, (c.strip() for c in row), strict=False))
        said = [cells.get(name, "").lower() for name in _MARKS]
        if not any(said):
            continue
        if not all(s in _SAID for s in said):
            wrong.append(f"{source}:{line}: {', '.join(_MARKS)} take oui or non, all three")
            continue
        try:
            key = int(cells["tirage"]), int(cells["numero"])
        except ValueError:
            wrong.append(f"{source}:{line}: tirage and numero are numbers")
            continue
        mark = Mark(*key, *(_SAID[s] for s in said))
        if found.setdefault(key, mark) != mark:
            wrong.append(f"{source}:{line}: note {key[1]} is marked twice, and not the same")
    if wrong:
        raise ConfigError("\n".join(wrong), hint="mend these lines; nothing was imported")
    return list(found.values())
