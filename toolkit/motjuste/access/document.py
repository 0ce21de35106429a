"""The answer to a request: the person's notes with marked passages, and the proof of the search. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Literal

from motjuste.access.graph import Left
from motjuste.access.persons import MASKS, Own, Span, third_persons
from motjuste.engine.matcher import Matcher
from motjuste.files.spreadsheet import harmless
from motjuste.model import Match
from motjuste.printable import name
from motjuste.scanning.scan import Place

HEADER = ("table", "colonne", "cle", "auteur", "date", "texte", "tiers", "passages", "quelle_date")

# What a date of a row is, by its column's name.
_DATES = {
    "creation": "création",
    "event": "date portée par la ligne",
    "event of the note": "date portée par la ligne",
    "default": "insertion",
    "change": "dernière modification",
    "import": "import",
}

# What stands in the place of a note under restriction of processing, the longest first.
RESTRICTED = (
    "[Commentaire sous limitation du traitement, RGPD art. 18]",
    "[limitation, art. 18]",
    "[limité]",
)


@dataclass(frozen=True)
class Stored:
    """A note as it is stored: `row_key` is the row's primary key as JSON, '{}' where there is none.

    `date_column` is the column that `written` is from, `date_kind` what its name says that it is.
    """

    place: Place
    row_key: str
    author: str
    written: str
    text: str
    date_column: str = ""
    date_kind: str = ""

    @property
    def date_said(self) -> str:
        """Which date `written` is, in French; '' where there is none."""
        if not self.date_column:
            return ""
        known = _DATES.get(self.date_kind, "")
        return f"{known} : {self.date_column}" if known else self.date_column


@dataclass(frozen=True)
class Searched:
    """The proof for one table: the columns read, the keys followed, how many rows and notes were found.

    `path` is the shortest way, from the table to the person's row; `also` are the other keys that were followed.
    `others` are its text columns that were not read, because nothing says that they hold notes; `aside` is the number
    of rows that depend on a row of the person, by the columns `aside_by`, but name another person.
    """

    relation: str
    columns: tuple[str, ...]
    path: tuple[str, ...]
    rows: int
    notes: int
    aside: int = 0
    others: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    aside_by: tuple[str, ...] = ()


Reason = Literal["denied", "hangs", "error", "filtered", "code"]
_WHY: dict[Reason, str] = {
    "denied": "lecture refusée à ce rôle : {}",
    "hangs": "dépend de {}, qui n’a pas pu être lue",
    "error": "erreur {} du serveur pendant la lecture",
    "code": "non lue, car du code d’autrui s’exécuterait avec les droits de ce rôle : {} (voir --trust-owner et --read-views)",
    "filtered": "la sécurité par ligne peut cacher des lignes à ce rôle",
}


@dataclass(frozen=True)
class Failed:
    """A table that could not be searched, or perhaps not completely; `detail` says more about the reason."""

    relation: str
    reason: Reason
    detail: str = ""

    @property
    def why(self) -> str:
        """The reason in French."""
        return _WHY[self.reason].format(self.detail)


@dataclass(frozen=True)
class Untied:
    """A table with notes that no key ties to the person; `hint` says how it may be tied."""

    relation: str
    columns: tuple[str, ...]
    hint: str = ""


@dataclass(frozen=True)
class Held:
    """A finding that motjuste stores on a note of the person; `category` is '' if only its trace is left."""

    place: Place
    row_key: str
    category: str
    status: str
    found_on: date

    @property
    def state(self) -> str:
        """The status of the finding, in French."""
        return _STATES[self.status]


_STATES = {
    "open": "à examiner",
    "accepted": "à corriger : la décision est prise",
    "dismissed": "fausse alerte",
    "tolerated": "maintenu pour un temps, avec un motif",
    "corrected": "le commentaire a été corrigé ou supprimé",
    "redacted": "le commentaire a été expurgé",
}


@dataclass(frozen=True)
class Found:
    """All that was found of one person in one snapshot, and how.

    `subjects` are her rows: (table, key as JSON); `unsure` the columns that named one and are not declared unique.
    """

    database: str
    at: datetime
    subjects: tuple[tuple[str, str], ...]
    own: Own
    notes: tuple[Stored, ...]
    searched: tuple[Searched, ...]
    untied: tuple[Untied, ...] = ()
    failed: tuple[Failed, ...] = ()
    left: tuple[Left, ...] = ()
    unsure: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether every table that a key reaches could be read whole."""
        return not self.failed

    @property
    def complete(self) -> bool:
        """Whether the answer is complete, as far as the keys of the tables show."""
        return self.readable and not (self.untied or self.restricted or any(s.aside for s in self.searched))

    @property
    def restricted(self) -> int:
        """How many of the notes are under restriction: their text is in an escrow, and is the person's to read."""
        return sum(n.text in RESTRICTED for n in self.notes)


@dataclass(frozen=True)
class Piece:
    """A part of a note: `third` says that it names a third person, `labels` are the categories of its findings."""

    text: str
    third: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """A note of the answer, cut where something is marked. With masks, third persons are not in it."""

    stored: Stored
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text as it is given."""
        return "".join(p.text for p in self.pieces)

    @property
    def labels(self) -> list[str]:
        """The categories of the note's findings, each once."""
        return list(dict.fromkeys(label for p in self.pieces for label in p.labels))

    @property
    def third(self) -> int:
        """How many third persons are marked in it."""
        return sum(p.third for p in self.pieces)

    def spans(self) -> list[dict[str, Any]]:
        """The marked spans of the text as it is given, in code points."""
        found, at = [], 0
        for p in self.pieces:
            if p.third or p.labels:
                found.append(
                    {
                        "start": at,
                        "length": len(p.text),
                        "third_person": p.third,
                        "categories": list(p.labels),
                    }
                )
            at += len(p.text)
        return found


def notes(found: Found, matcher: Matcher, *, mask: bool) -> list[Note]:
    """The notes of an answer, by place and date, with what is marked in them; `mask` takes third persons out."""
    labels = {c.code: c.label for c in matcher.pack.categories.values()}
    ordered = sorted(found.notes, key=lambda n: (n.place.label, n.written, n.row_key, n.text))
    return [
        Note(
            n,
            tuple(pieces(n.text, third_persons(n.text, found.own), matcher.find(n.text), labels, mask=mask)),
        )
        for n in ordered
    ]


def pieces(
    text: str, third: Sequence[Span], matches: Iterable[Match], labels: Mapping[str, str], *, mask: bool
) -> list[Piece]:
    """A text, cut at the bounds of its marked passages; the pieces joined give the text, or the masked text."""
    matches = list(matches)
    cuts = {0, len(text)} | {at for s in third for at in (s.start, s.end)}
    # a mask stands for the whole of a span: a match inside it marks all of it
    cuts |= {at for m in matches for at in (m.start, m.end) if not any(s.start < at < s.end for s in third)}
    bounds = sorted(cuts)
    made = []
    for start, end in pairwise(bounds):
        span = next((s for s in third if s.start == start), None)
        said = tuple(
            dict.fromkeys(
                labels.get(m.category, m.category) for m in matches if m.start < end and start < m.end
            )
        )
        shown = MASKS[span.kind] if span and mask else text[start:end]
        made.append(Piece(shown, span is not None, said))
    return made


# -- files -----------------------------------------------------------------------------------------


def as_json(
    found: Found, given: Sequence[Note], *, mask: bool, pack: str, held: Sequence[Held] | None = ()
) -> str:
    """The answer as JSON, the proof first."""
    values = {
        "complete": found.complete,
        "database": found.database,
        "at": found.at.isoformat(),
        "subjects": [{"table": table, "key": json.loads(key)} for table, key in found.subjects],
        "masked": mask,
        "pack": pack,
        "searched": [asdict(s) for s in found.searched],
        "not_tied": [asdict(u) for u in found.untied],
        "not_searched": [asdict(f) | {"why": f.why} for f in found.failed],
        "restricted": found.restricted,
        # null: this role may not look
        "held_by_motjuste": None
        if held is None
        else [
            {
                "table": h.place.relation,
                "column": h.place.column,
                "json_key": h.place.json_key,
                "key": json.loads(h.row_key),
                "category": h.category or None,
                "status": h.status,
                "state": h.state,
                "found_on": h.found_on.isoformat(),
            }
            for h in held
        ],
        "keys_left": [{"key": x.link.label, "why": x.why} for x in found.left],
        "notes": [
            {
                "table": n.stored.place.relation,
                "column": n.stored.place.column,
                "json_key": n.stored.place.json_key,
                "key": json.loads(n.stored.row_key),
                "author": n.stored.author,
                "written": n.stored.written,
                "date_column": n.stored.date_column or None,
                "date_kind": n.stored.date_kind or None,
                "text": n.text,
                "marks": n.spans(),
            }
            for n in given
        ],
    }
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def as_csv(found: Found, given: Sequence[Note]) -> str:
    """The notes as CSV for a spreadsheet, which runs none of it; the first line says so where the answer is not complete."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    if not found.complete:
        writer.writerow(["RÉPONSE INCOMPLÈTE : voir acces.html", *[""] * (len(HEADER) - 1)])
    writer.writerow(HEADER)
    for n in given:
        place, row = n.stored.place, n.stored
        names = map(name, (place.relation, place.name, row.row_key, row.author, row.written))
        marks = (n.third, harmless(", ".join(n.labels)), harmless(name(row.date_said)))
        writer.writerow((*map(harmless, (*names, n.text)), *marks))
    return "\ufeff" + out.getvalue()  # a byte-order mark: spreadsheets take the file for UTF-8
