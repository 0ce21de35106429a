"""Reading a column's notes in chunks, and storing what a scan found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from psycopg import sql

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError, DatabaseError
from motjuste.matcher import Matcher
from motjuste.scan import Hit, Place, Tally, hits
from motjuste.second import Reader as SecondReader

CHUNK_PAGES = 2000  # 16 MB: a chunk lasts well under a second, so no long snapshot holds back vacuum
BATCH = 1000  # hits stored at a time

Row = tuple[str, str | None]


def parse_name(conn: Connection, label: str) -> Place:
    """The place that a person typed, schema.table.column or ...->>key. Raises ConfigError where there is none."""
    path, _, json_key = label.partition("->>")
    try:
        row = conn.execute("select parse_ident(%s)", [path]).fetchone()
    except conn.DataError as exc:
        raise ConfigError(
            f"{label!r} is no column name",
            hint='write schema.table.column, names as in SQL: crm."Bloc;Note".note',
        ) from exc
    parts = row[0] if row else []
    if len(parts) < 2:
        raise ConfigError(f"{label!r} lacks its table", hint="write schema.table.column")
    relation = ".".join('"' + p.replace('"', '""') + '"' for p in parts[:-1])
    return resolve(conn, Place(relation, parts[-1], json_key.strip("'\" ")))


def resolve(conn: Connection, place: Place) -> Place:
    """The same place under its full name. Raises ConfigError where table or column does not exist."""
    return Place(_look_up(conn, place)[0], place.column, place.json_key)


def _look_up(conn: Connection, place: Place) -> tuple[str, str, list[str]]:
    row = conn.execute(
        assets.read("sql", "queries", "place.sql"), {"relation": place.relation, "column": place.column}
    ).fetchone()
    if row is None:
        raise ConfigError(
            f"no column {place.label}", hint="motjuste discover lists the columns that you can read"
        )
    relation, _, _, type_name, keys = row
    if type_name == "jsonb" and not place.json_key:
        raise ConfigError(
            f"{place.label} is jsonb", hint=f"name the key that holds the note: {place.label}->>key"
        )
    return relation, type_name, keys


def secret(conn: Connection) -> bytes:
    """The key of the note digests. Raises DatabaseError where this role may not read it."""
    row = conn.execute("select key from motjuste.secret").fetchone()
    if row is None:
        raise DatabaseError("motjuste.secret is empty", hint="run `motjuste install` again")
    return bytes(row[0])


def count(conn: Connection, place: Place) -> int:
    """How many rows the relation has now."""
    row = conn.execute(sql.SQL("select count(*) from {}").format(sql.SQL(place.relation))).fetchone()
    return int(row[0]) if row else 0


def rows(conn: Connection, place: Place) -> Iterator[Row]:
    """(row key as JSON, note) of every row, by ranges of pages, each range in a short transaction of its own."""
    _, _, keys = _look_up(conn, place)
    pairs = [part for k in keys for part in (sql.Literal(k), sql.SQL("x.") + sql.Identifier(k))]
    column = sql.SQL("x.") + sql.Identifier(place.column)
    note = sql.SQL("({} ->> {})").format(column, sql.Literal(place.json_key)) if place.json_key else column
    wanted = sql.SQL("select jsonb_build_object({})::text, {}::text from ").format(
        sql.SQL(", ").join(pairs), note
    )
    leaves = conn.execute(
        assets.read("sql", "queries", "leaves.sql"), {"relation": place.relation}
    ).fetchall()
    for name, heap, pages in leaves:
        if not heap:  # a view or a foreign table has no pages to go by
            yield from _copy(conn, wanted + sql.SQL(f"{name} as x"))
            continue
        for first in range(0, max(pages, 1), CHUNK_PAGES):
            # the last range has no end: pages added meanwhile are read too
            end = f" and x.ctid < '({first + CHUNK_PAGES},0)'" if first + CHUNK_PAGES < pages else ""
            yield from _copy(conn, wanted + sql.SQL(f"only {name} as x where x.ctid >= '({first},0)'{end}"))


def _copy(conn: Connection, query: sql.Composable) -> Iterator[Row]:
    with conn.cursor().copy(sql.SQL("copy ({}) to stdout (format binary)").format(query)) as copy:
        copy.set_types(["text", "text"])
        yield from copy.rows()


def scan(
    reader: Connection,
    writer: Connection,
    matcher: Matcher,
    place: Place,
    progress: Callable[[Tally], None],
    second: SecondReader | None = None,
) -> Tally:
    """Read every note of a column, store its findings and the proof of the scan; what it read and found.

    `reader` reads; `writer` stores in one transaction at the end of the column. `progress` is called
    now and then with the tally so far. `second` rates each finding.
    """
    started = _now(writer)
    tally = Tally(place, count(reader, place), started)
    key = secret(writer)
    names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
    # outside a transaction: one that lasts as long as the reading would hold back vacuum
    writer.execute(assets.read("sql", "queries", "scan_table.sql"))
    batch: list[Hit] = []
    for hit in hits(matcher, key, _counted(rows(reader, place), tally, progress), tally, second):
        batch.append(hit)
        if len(batch) >= BATCH:
            _store(writer, batch)
            batch = []
    _store(writer, batch)
    with writer.transaction():
        writer.execute(assets.read("sql", "queries", "store_findings.sql"), names)
        writer.execute(assets.read("sql", "queries", "close_unseen.sql"), names | {"started_at": started})
        proof = names | {
            "rows_read": tally.rows_read,
            "rows_that_exist": tally.rows_that_exist,
            "notes_with_findings": tally.notes_with_findings,
            "digest": matcher.pack.digest,
            "version": matcher.pack.version,
            "started_at": started,
        }
        writer.execute(assets.read("sql", "queries", "record_scan.sql"), proof)
    progress(tally)
    return tally


def _counted(source: Iterator[Row], tally: Tally, progress: Callable[[Tally], None]) -> Iterator[Row]:
    for number, row in enumerate(source):
        if number % 1000 == 0:
            progress(tally)
        yield row


def _now(conn: Connection) -> datetime:
    [(moment,)] = conn.execute("select clock_timestamp()").fetchall()
    found: datetime = moment
    return found


def _store(conn: Connection, batch: list[Hit]) -> None:
    with conn.cursor().copy("copy motjuste_scan from stdin") as copy:
        for hit in batch:
            for m, certainty in zip(hit.matches, hit.certainties, strict=True):
                copy.write_row(
                    (hit.row_key, hit.digest, m.rule, m.category, m.level, m.start, m.length, certainty)
                )
