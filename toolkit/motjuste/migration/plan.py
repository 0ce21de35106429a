"""From decisions to the steps of a redaction, guarded by keyed digests, rendered one after the other.

Values are filled into the templates of migrations/templates in one pass, so that a name or a wording which
looks like a placeholder stays what it is. No value goes inside dollar quotes, which it could close.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice, takewhile
from operator import itemgetter
from typing import Any, Literal, TypeVar

from motjuste.errors import MotjusteError
from motjuste.migration.quote import comment, data, ident, literal, relation
from motjuste.migration.shape import About, Around, NoteColumn, Place, Row, Survey, label
from motjuste.model import Decision

ROWS_AN_INSERT = 500
ONE_TRANSACTION = 5000  # notes: more than these are redacted in batches, unless told otherwise
BATCH = 1000

_PLACEHOLDER = re.compile(r"@([a-z_]+)@")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")

NO_ESCROW = "no escrow: what these notes said cannot be restored (motjuste migrate plan --escrow ...)"
_EMPTIED = re.compile(r"-- Left empty: (\d+) of these notes\.")

T = TypeVar("T")
Kind = Literal["session", "part", "batch", "finish"]


@dataclass(frozen=True)
class Step:
    """Some statements that go together; in a plan by batches each step is a transaction. `notes`: how many it changes."""

    kind: Kind
    text: str
    notes: int = 0


@dataclass(frozen=True)
class Plan:
    """A redaction to render. `rows` gives its notes with their places, in order, as often as it is read.

    `batch` is how many notes a transaction changes, 0 for all in one; `kept`: an escrow holds the originals.
    """

    rows: Iterable[tuple[Place, Row]]
    survey: Survey
    columns: Mapping[Place, NoteColumn]
    templates: Mapping[str, str]
    about: About
    around: Around = field(default_factory=Around)
    batch: int = 0
    kept: bool = False

    def deploy(self) -> Iterator[Step]:
        """The steps of the redaction, in order."""
        yield Step(
            "session",
            self._session(written=True) + self.templates["holding.sql"] + self.templates["edit.sql"],
        )
        number = 0
        for where, group in self._parts():
            column = self.columns[where]
            number += 1
            values = self._values(number, column, where)
            yield Step("part", self._fill("part.sql", values))
            yield from self._batches(column, values, group)
            for copy in self.around.also.get(where, ()):
                number += 1
                yield self._copy(number, copy, where)
        yield Step("finish", self._finish())

    def _session(self, *, written: bool) -> str:
        read = {c.relation for c in self._touched()} | {where[0] for where in self.around.watch}
        if not written:
            read |= {c.relation for c in self.around.filled}
        relations = f"array[{', '.join(map(literal, sorted(read)))}]"
        trust = self._fill("trust.sql", {"relations": relations, "written": str(written).lower()})
        return self._fill("session.sql", {"key_check": literal(self.about.key_check), "trust": trust})

    def _values(self, number: int, column: NoteColumn, at: Place) -> dict[str, Any]:
        return _part(number, column, at) | {"reason": self._reason, "copied": "false"}

    @property
    def _reason(self) -> str:
        return literal(f"redaction {self.about.name}")

    def _parts(self) -> Iterator[tuple[Place, Iterator[Row]]]:
        for where, group in groupby(self.rows, key=itemgetter(0)):
            yield where, (row for _, row in group)

    def _batches(self, column: NoteColumn, values: dict[str, Any], group: Iterator[Row]) -> Iterator[Step]:
        # without a key, each batch would read the whole table
        size = self.batch if self.batch and column.key else max(self.survey.notes, 1)
        left = self._fill("left.sql", values)
        done = 0
        for notes in chunks(group, size):
            inserts = self._inserts("rows.sql", values, map(_said, notes), done)
            yield Step(
                "batch",
                self._fill(
                    "batch.sql",
                    values | {"inserts": inserts, "leftovers": left},
                )
                + self._fill("written.sql", values),
                len(notes),
            )
            done += len(notes)

    def _copy(self, number: int, copy: NoteColumn, where: Place) -> Step:
        """The same edits where the same notes stand in another column, found by their digest."""
        unkeyed = NoteColumn(copy.relation, copy.column, copy.json_key, copy.kind, ())
        at = (copy.relation, copy.column, copy.json_key)
        values = self._values(number, unkeyed, at) | {"copied": "true"}
        rows = (_said(row) for w, row in self.rows if w == where)
        values |= {"inserts": self._inserts("rows.sql", values, rows, 0), "leftovers": ""}
        within = self._fill("within.sql", values) if copy.holds_documents else ""
        return Step(
            "batch",
            self._fill("part.sql", values)
            + self._fill("batch.sql", values)
            + within
            + self._fill("written.sql", values),
        )

    def _inserts(self, template: str, values: Mapping[str, Any], rows: Iterable[str], first: int) -> str:
        said = ""
        for chunk in chunks(rows, ROWS_AN_INSERT):
            said += self._fill(template, {**values, "first": first, "rows": ",\n".join(chunk)})
            first += len(chunk)
        return said.rstrip("\n")

    def _finish(self) -> str:
        """Statistics and materialized views hold notes too: both are computed again."""
        touched = sorted({relation(c.relation) for c in self._touched()})
        lines = [
            f"refresh materialized view {'concurrently ' * live}{name};" for name, live in self.around.refresh
        ]
        lines += [f"analyze {name};" for name in [*touched, *(view for view, _ in self.around.refresh)]]
        return (
            "".join(f"{line}\n" for line in lines)
            + self.templates["copied.sql"]
            + self.templates["close.sql"]
        )

    def _touched(self) -> Iterator[NoteColumn]:
        for where in self.survey.places:
            yield self.columns[where]
            yield from self.around.also.get(where, ())

    def vacuum(self) -> list[str]:
        """The commands that drop the dead row versions; they cannot run in a transaction."""
        relations = sorted({relation(c.relation) for c in self._touched()})
        return [f"vacuum (skip_locked) {name};" for name in [*relations, "pg_catalog.pg_statistic"]]

    def verify(self) -> Iterator[str]:
        """The statements that raise MJ002 where a note, a copy or the statistics still hold a reviewed note."""
        yield self._session(written=False)
        yield self.templates["holding.sql"]
        before, after = self.templates["verify.sql"].split("@parts@\n")
        yield before
        for number, (where, group) in enumerate(self._parts(), 1):
            column = self.columns[where]
            values = _part(number, column, where)
            opening, closing = self.templates["verify_part.sql"].split("@inserts@\n")
            yield _filled(opening, values)
            for chunk in chunks((f'[{row.key}, "{row.before}"]' for row in group), ROWS_AN_INSERT):
                yield self._fill("verify_rows.sql", values | {"rows": ",\n".join(chunk)})
            yield _filled(closing, values)
        others = {c for w in self.survey.places for c in self.around.also.get(w, ())}
        others |= {NoteColumn(r, c, j, "text", ()) for r, c, j in self.around.watch} | set(self.around.filled)
        for column in sorted(others, key=lambda c: (c.relation, c.column, c.json_key)):
            values = _part(0, column, (column.relation, column.column, column.json_key))
            yield self._fill("verify_within.sql" if column.holds_documents else "verify_copy.sql", values)
        for column in sorted(
            others | {self.columns[w] for w in self.survey.places},
            key=lambda c: (c.relation, c.column, c.json_key),
        ):
            values = _part(0, column, (column.relation, column.column, column.json_key))
            yield self._fill("verify_statistics.sql", values)
        yield self._fill("verify_written.sql", {"reason": self._reason})
        yield after

    def _fill(self, template: str, values: Mapping[str, Any]) -> str:
        return _filled(self.templates[template], values)

    def header(self) -> Iterator[str]:
        """What the files say of themselves, a line each, without a comment's mark."""
        about, survey = self.about, self.survey
        how = f"in batches of {self.batch} notes, each committed" if self.batch else "in one transaction"
        yield f"{comment(about.name)}: redaction of {survey.notes} note(s) {how}, written by motjuste {about.version}"
        yield f"Rules: {about.pack}. Reviewed by: {_people(survey.reviewers) or 'unknown'}."
        if survey.second_readers:
            yield f"Confirmed by: {_people(survey.second_readers)}."
        for where, summary in survey.places.items():
            said = ", ".join(f"{category} {count}" for category, count in sorted(summary.categories.items()))
            yield f"  {comment(label(*where))}: {summary.notes} note(s): {said}"
        if survey.emptied:
            yield emptied(survey.emptied)
        if not self.kept:
            yield NO_ESCROW
        yield "Run it as the owner of the tables: a superuser would run the owner's triggers and checks with all rights, and is refused."
        yield "No content: positions, keyed digests and neutral replacement words only."
        yield "A note that changed since its review is left alone and named by its key; running this twice changes nothing."
        for copy in filter(lambda c: c.lasting, self.around.copies):
            yield comment(f"  also holds the text: {copy.kind} {copy.where}: {copy.what}; {copy.handled}")


def emptied(notes: int) -> str:
    """The line of a header that says how many notes are left empty."""
    return f"Left empty: {notes} of these notes."


def forewarned(lines: Iterable[str]) -> tuple[int, bool]:
    """What the header of a file says before its first statement: how many notes are left empty, whether an escrow holds the originals."""
    empty, kept = 0, True
    for line in takewhile(lambda x: x.startswith("--"), lines):
        if found := _EMPTIED.fullmatch(line.rstrip("\n")):
            empty = int(found[1])
        kept = kept and line != f"-- {NO_ESCROW}\n"
    return empty, kept


def counted(notes: int, empty: int, what: str = "note(s)") -> str:
    """So many notes, and how many of them are left empty, for a person."""
    return f"{notes} {what}" + (f", {empty} of them emptied" if empty else "")


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def _people(names: Iterable[str]) -> str:
    return comment(", ".join(sorted(names)))


# a function call a note is dear: most notes have a single edit
_EDITED = (
    "case when e.edits is null then overlay(@note@ placing e.words from e.first for e.length)"
    " else pg_temp.motjuste_edited(@note@, e.edits) end"
)


def _digest(text: str) -> str:
    """HMAC-SHA-256 of a text (RFC 2104), written out: a function call a note would cost more than the hash."""
    return f"sha256(k.outer_pad || sha256(k.inner_pad || convert_to({text}, 'UTF8')))"


def _part(number: int, where: NoteColumn, at: Place) -> dict[str, Any]:
    """The values of one column's statements; `at` is the column as findings name it."""
    names = [f"k{i}" for i in range(1, len(where.key) + 1)]
    pairs = list(zip(where.matched, names, strict=True))
    values = {k: f"concat(t.{ident(k)})" if k in where.printed else f"t.{ident(k)}" for k, _ in where.key}
    same_row = " and ".join(f"{values[k]} {operator} e.{n}" for (k, _, operator), n in pairs)
    typed = ", ".join(f"{ident(k)} {kind}" for k, kind, _ in where.matched)
    column = f"t.{ident(where.column)}"
    note = f"({column} ->> {literal(where.json_key)})" if where.json_key else f"{column}::text"
    edited = _EDITED.replace("@note@", note)
    new_note, value = edited, "v.value"
    if where.json_key:
        new_note = f"jsonb_set({column}::jsonb, array[{literal(where.json_key)}], to_jsonb({edited}))"
        new_note += "::json" if where.kind == "json" else ""
        value = f"(v.value::jsonb ->> {literal(where.json_key)})"
    elif where.kind == "bpchar":
        value = "rtrim(v.value, ' ')"  # as char(n) reads as text
    live = f"select {_digest(note)} as digest, true as found from {relation(where.relation)} as t"
    return {
        "part": number,
        "title": comment(label(where.relation, where.column, where.json_key)),
        "relation": relation(where.relation),
        "relation_text": literal(where.relation),
        "finding_relation": literal(at[0]),
        "column": ident(where.column),
        "place": literal(label(where.relation, where.column, where.json_key)),
        "column_text": literal(where.column),
        "json_key": literal(where.json_key),
        # without a key an edit may change several rows
        "exact": "d.exact" if same_row else "bool_and(d.exact)",
        "once": "" if same_row else "\ngroup by d.edit, d.row_key, d.before",
        # not the column's domain, whose checks the temporary table would run
        "key_select": "".join(f"{values[k]}::{kind} as {n}, " for (k, kind, _), n in pairs),
        "key_read": "".join(f"c.{ident(k)}, " for k, _ in where.key),
        # lists and rows within a key are read as well, which no cast of their JSON does
        "key_from": f" cross join jsonb_to_record(x.n -> 0) as c ({typed})" if typed else "",
        "new_note": new_note,
        "note_digest": _digest(note),
        "edited_digest": _digest(edited),
        # of a document that is looked through: a text in it, how it is put back, and its name
        "inner_digest": _digest("(v.value #>> '{}')"),
        "as_kind": "::json" if where.kind == "json" else "",
        "whole_place": literal(label(where.relation, where.column, "")),
        "value_digest": _digest(value),
        "same_row": same_row or "true",
        # by key each row is looked up; without one the digests of the whole table are computed once
        "live": f"lateral ({live} where {same_row} limit 1) as l on true"
        if same_row
        else f"(select distinct x.digest, x.found from pg_temp.motjuste_key as k cross join lateral ({live}) as x)"
        " as l on l.digest = e.after",
        # without a key, a note that is gone and one that changed look the same
        "missing": "'deleted'" if same_row else "'changed since review'",
    }


def row_of(where: NoteColumn, d: Decision) -> Row:
    """A decision as it stands in a file. Raises MotjusteError where its row key no longer fits the table's primary key."""
    edits = ", ".join([f"[{e.start}, {e.length}, {_words(e.text)}]" for e in d.edits])
    return Row(_row_key(where, d), d.note_digest, d.digest_after, f"[{edits}]")


def _said(row: Row) -> str:
    return f'[{row.key}, "{row.before}", "{row.after}", {row.edits}]'


def _row_key(where: NoteColumn, d: Decision) -> str:
    """The row key as the finding has it. Raises MotjusteError where it no longer fits the table's primary key."""
    if d.row_key.keys() != {name for name, _ in where.key}:
        raise MotjusteError(
            f"the primary key of {where.relation} is ({', '.join(n for n, _ in where.key)}), "
            f"the decision names ({', '.join(sorted(d.row_key))})",
            hint="the key changed since the review: scan and review that table again",
        )
    pairs = [f"{_name(name)}: {_key_value(where, kind, d.row_key[name])}" for name, kind in where.key]
    return "{" + ", ".join(pairs) + "}"


# encoding takes longer than rendering a row, and the same few stand in thousands of notes
_name = lru_cache(1000)(data)
_words = lru_cache(10_000)(data)


def _key_value(where: NoteColumn, kind: str, value: Any) -> str:
    if type(value) is int:
        return str(value)
    # lists are values of arrays, both lists and objects those of types of the user's own
    composed = isinstance(value, list | dict) and (kind.endswith("[]") or kind == "jsonb" or "." in kind)
    if not (composed or isinstance(value, str | int)):
        raise MotjusteError(
            f"a key of {where.relation} is no {kind}",
            hint="the key changed since the review: scan and review that table again",
        )
    # a number with decimals is read as text, so that no digit is lost
    if isinstance(value, str) and kind.startswith(("numeric", "real", "double")) and _NUMBER.fullmatch(value):
        return value
    return data(value)
