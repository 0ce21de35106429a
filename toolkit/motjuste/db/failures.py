"""Notes whose check failed when they were written: counts them, and checks them again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import NamedTuple

from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection, first_line
from motjuste.db.findings import note_column, note_of, same_row, typed_key
from motjuste.db.patience import give_way
from motjuste.db.publishing import copy_hits
from motjuste.db.reading import is_strange, printed
from motjuste.db.trust import Untrusted
from motjuste.migration.shape import NoteColumn
from motjuste.scanning.scan import NO_KEY, Find, Hit, Place

BATCH = 20  # notes at a time: each may be as long as the policy allows


class Waiting(NamedTuple):
    """Checks of a column that failed with one SQLSTATE; '' where not even that was recorded. `whole`: no row is named."""

    place: Place
    sqlstate: str
    whole: bool
    notes: int
    since: datetime | None


@dataclass
class Caught:
    """What became of the failures of a column: notes checked, findings in them, notes gone, and why others are left."""

    place: Place
    checked: int = 0
    findings: int = 0
    gone: int = 0
    left: dict[str, int] = field(default_factory=dict)

    def leave(self, why: str, notes: int = 1) -> None:
        """Count notes that are left."""
        self.left[why] = self.left.get(why, 0) + notes


class _Failure(NamedTuple):
    number: int
    row_key: str
    digest: str | None


class _Note(NamedTuple):
    """A note as it stands: its size in bytes, its digest, its text where it is not too long, who wrote it."""

    size: int
    digest: str
    text: str | None
    author: str | None


def waiting(conn: Connection) -> list[Waiting]:
    """The failed checks whose notes have not been checked since, by column."""
    rows = conn.execute(assets.query("open_failures.sql")).fetchall()
    return [Waiting(Place(*row[:3]), *row[3:]) for row in rows]


def unrecorded(conn: Connection) -> int:
    """How many checks failed so far without a record of the row."""
    [(counted,)] = conn.execute(assets.query("unrecorded.sql")).fetchall()
    return int(counted)


def catch_up(conn: Connection, find: Find, max_note: int) -> Iterator[Caught]:
    """Check each note of a failure that names its row, as it stands now; column by column, what became of them.

    Findings are stored and failures closed in short transactions; what is left is as it was.
    """
    rows = conn.execute(
        "select f.relation, f.column_name, f.json_key, f.id, f.row_key::text, encode(f.note_digest, 'hex')"
        " from motjuste.failure as f where f.closed_at is null and f.row_key is not null order by 1, 2, 3, 4"
    ).fetchall()
    for names, group in groupby(rows, key=lambda row: row[:3]):
        caught = Caught(Place(*names))
        where = note_column(conn, *names)
        found = (_Failure(*row[3:]) for row in group)
        while batch := list(islice(found, BATCH)):
            try:
                _check(conn, find, max_note, where, batch, caught)
            except (Untrusted, InsufficientPrivilege) as exc:
                caught.leave(exc.message if isinstance(exc, Untrusted) else first_line(exc), len(batch))
        yield caught


def _check(
    conn: Connection,
    find: Find,
    max_note: int,
    where: NoteColumn | None,
    batch: list[_Failure],
    caught: Caught,
) -> None:
    place = caught.place
    notes = _read(conn, place, where, batch, max_note) if where else [None] * len(batch)
    hits: list[Hit] = []
    done: list[tuple[_Failure, _Note | None]] = []
    for failure, note in zip(batch, notes, strict=True):
        if note is None:
            caught.gone += 1
        elif note.text is not None:
            matches = find(note.text)
            caught.checked += 1
            caught.findings += len(matches)
            if matches:
                certainties = (None,) * len(matches)
                hits.append(
                    Hit(failure.row_key, bytes.fromhex(note.digest), tuple(matches), certainties, note.author)
                )
        elif note.digest == failure.digest:
            caught.leave(f"longer than {max_note} bytes (max_note)")
            continue
        # else it was written anew: that one has a failure of its own
        done.append((failure, note))
    names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
    with conn.transaction():
        give_way(conn)
        conn.execute(assets.query("scan_table.sql"))
        copy_hits(conn, hits)
        conn.execute(assets.query("store_findings.sql"), names)
        # of a row whose check failed, what was found before could not be closed either
        rows = ",".join(
            f"[{f.row_key},{json.dumps(n.digest if n else None)}]" for f, n in done if f.row_key != NO_KEY
        )
        conn.execute(assets.query("close_stale.sql"), names | {"rows": f"[{rows}]"})
        conn.execute(
            "update motjuste.failure set closed_at = now(), row_key = null, note_digest = null where id = any (%s)",
            [[f.number for f, _ in done]],
        )


def _read(
    conn: Connection, place: Place, where: NoteColumn, batch: list[_Failure], max_note: int
) -> list[_Note | None]:
    """These notes as they stand, None for those that are gone.

    Raises Untrusted where other people's code would run, and psycopg's InsufficientPrivilege also where a policy hides rows.
    """
    names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
    found: list[_Note | None] = [None] * len(batch)
    keyed = [i for i, f in enumerate(batch) if f.row_key != NO_KEY and where.key]
    with conn.transaction():
        conn.execute("set local row_security = off")
        trust.require_read(conn, where.relation)
        note = note_of(where)
        if not place.json_key:
            # as the triggers write it: the cast of a type of a user's own is its owner's code
            note = printed(
                sql.SQL("t.") + sql.Identifier(where.column),
                strange=is_strange(conn, where.relation, where.column),
            )
        author: sql.Composable = sql.SQL("null::text")
        if named := conn.execute(assets.query("author.sql"), names).fetchone():
            author = printed(
                sql.SQL("t.") + sql.Identifier(named[0]), strange=is_strange(conn, where.relation, named[0])
            )
        columns = sql.SQL(
            "octet_length({0}), encode(motjuste.digest({0}), 'hex'), case when octet_length({0}) <= {1} then {0} end, {2}"
        ).format(note, sql.Literal(max_note), author)
        if keyed:
            # values go in as literals: with parameters, a `%` in a name would be read as a placeholder
            keys = sql.Literal(f"[{','.join(batch[i].row_key for i in keyed)}]")
            query = sql.SQL(
                "select n.i, {} from jsonb_array_elements({}::jsonb) with ordinality as n (key, i), {}, {} as t"
                " where {} and {} is not null"
            ).format(columns, keys, typed_key(where, "n.key"), sql.SQL(where.relation), same_row(where), note)
            for i, *values in conn.execute(query):
                found[keyed[i - 1]] = _Note(*values)
        others = {f.digest: i for i, f in enumerate(batch) if i not in keyed}
        if others:
            query = sql.SQL("select {} from {} as t where motjuste.digest({}) = any ({})").format(
                columns, sql.SQL(where.relation), note, sql.Literal(_bytes(others))
            )
            for row in conn.execute(query):
                found[others[row[1]]] = _Note(*row)
    return found


def _bytes(digests: Iterable[str | None]) -> list[bytes]:
    return [bytes.fromhex(d) for d in digests if d]
