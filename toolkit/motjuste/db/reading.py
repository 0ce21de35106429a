"""Reading a column's notes: its name resolved, its rows cut into parts, one part read at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow, namedtuple_row

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection, connect, passing_over
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import ELEMENTS
from motjuste.scanning.scan import LONGEST_KEY, NO_KEY, PATH, Part, Place, Row, Scope, Source, decoded

PART_BYTES = (
    4 * 1024 * 1024
)  # of a table, long values included: read in about a second, so vacuum is not held back
LOCK = "10s"  # that a table may be locked by others before a part of it is tried again
KEY_ROWS = 10_000  # of a view or a foreign table that is read by ranges of a key
RAW = "convert_to({}::text, 'SQL_ASCII')"  # the bytes as they are: this encoding converts nothing
SYSTEM_FROM = 5_000_000  # rows of a table from which on a sample draws whole pages


def parse_name(conn: Connection, label: str) -> Place:
    """The place for a name that a person typed as in SQL, or copied from our output: schema.table.column or ...->>key.

    Raises ConfigError where there is none.
    """
    path, json_key = _cut(label)
    try:
        return resolve(conn, _typed(conn, path, json_key))
    except ConfigError:
        printed = _printed(conn, path)
        if len(printed) != 1:
            raise
        [(relation, column)] = printed
        return resolve(conn, Place(relation, column, json_key))


def is_there(conn: Connection, named: Place | str) -> bool:
    """Whether some table has that column, whatever its type; where this role may not look, it is taken to be there."""
    try:
        place = named if isinstance(named, Place) else _typed(conn, *_cut(named))
        if _looked_up(conn, place):
            return True
    except InsufficientPrivilege:
        return True
    except ConfigError:
        pass
    return isinstance(named, str) and bool(_printed(conn, _cut(named)[0]))


def _cut(label: str) -> tuple[str, str]:
    """A label's path and its json key, which begins after the first ->> outside of quotes."""
    label = label.removesuffix(ELEMENTS)
    outside = re.sub(r'"(?:[^"]|"")*"', lambda quoted: "_" * len(quoted[0]), label)
    path = outside.partition("->>")[0]
    return label[: len(path)], label[len(path) :].removeprefix("->>").strip("'\" ")


def _printed(conn: Connection, path: str) -> list[TupleRow]:
    return conn.execute(assets.query("printed.sql"), {"name": path}).fetchall()


def _typed(conn: Connection, path: str, json_key: str) -> Place:
    try:
        row = conn.execute("select parse_ident(%s)", [path]).fetchone()
    except conn.DataError as exc:
        raise ConfigError(
            f"{path!r} is no column name",
            hint="""write schema.table.column, as in SQL: 'crm."Bloc;Note".note', 'crm.appel.details->>note'""",
        ) from exc
    parts = row[0] if row else []
    if len(parts) < 2:
        raise ConfigError(f"{path!r} lacks its table", hint="write schema.table.column")
    relation = ".".join('"' + p.replace('"', '""') + '"' for p in parts[:-1])
    return Place(relation, parts[-1], json_key)


def resolve(conn: Connection, place: Place) -> Place:
    """The same place under its full name. Raises ConfigError where table or column does not exist."""
    return source(conn, place).place


def source(conn: Connection, place: Place, author: str = "") -> Source:
    """How the notes of a place are read. Raises ConfigError where table or column does not exist, or holds no text.

    Where this role may not even look into the schema, reading it says so.
    """
    try:
        row = _looked_up(conn, place)
    except InsufficientPrivilege:
        return Source(place)
    if row is None:
        raise ConfigError(
            f"no column {place.label}",
            hint="write schema.table.column; motjuste discover lists those that there are",
        )
    relation, type_name, category, keys, strange = row
    json_key = place.json_key
    if type_name in ("json", "jsonb") and json_key in ("", ELEMENTS):
        raise ConfigError(
            f"{place.label} is {type_name}", hint=f"name the key that holds the note: {place.label}->>key"
        )
    if json_key.startswith(PATH):
        _require_path(conn, place, type_name)
    if json_key and json_key != ELEMENTS and type_name not in ("json", "jsonb"):
        raise ConfigError(
            f"{place.relation}.{place.column} is {type_name}, which has no keys",
            hint="name the column without ->>key",
        )
    if type_name.endswith("[]") and category == "S":
        json_key = ELEMENTS
    elif category != "S" and type_name not in ("json", "jsonb", "xml"):
        raise ConfigError(f"{place.label} is {type_name}, which holds no text", hint="name a column of text")
    named = {*keys, author}
    return Source(
        Place(relation, place.column, json_key), tuple(keys), author, tuple(c for c in strange if c in named)
    )


def _looked_up(conn: Connection, place: Place) -> TupleRow | None:
    """What place.sql says of a column, None where it is not there. Raises ConfigError for what is no name at all."""
    query = assets.query("place.sql")
    try:
        relation = qualified(conn, place.relation)
        return conn.execute(query, {"relation": relation, "column": place.column}).fetchone()
    except InsufficientPrivilege:
        raise
    except (conn.ProgrammingError, conn.DataError) as exc:
        raise ConfigError(
            f"{place.relation!r} is no table name", hint='write it as in SQL: crm."Bloc;Note"'
        ) from exc


def qualified(conn: Connection, typed: str) -> str:
    """The full name of a relation that a person typed; what was typed where there is none.

    Without a schema it is looked for on the path that the role has, which our own sessions do not use: see connected.sql.
    """
    row = conn.execute(assets.query("relation.sql"), {"typed": typed}).fetchone()
    return str(row[0]) if row else typed


def printed(value: sql.Composable, *, strange: bool) -> sql.Composable:
    """A value as text: by its cast, and where its type is a user's own (`strange`) by its output function, which is no user's."""
    if strange:
        return sql.SQL("case when {0} is not null then concat({0}) end").format(value)
    return sql.SQL("{}::text").format(value)


def row_key(columns: Sequence[str], strange: Collection[str], row: str) -> sql.Composable:
    """An expression for the key of a row `row` as jsonb. A value of a user's own type is written by its output function."""
    pairs: list[sql.Composable] = []
    for c in columns:
        value = sql.SQL(f"{row}.") + sql.Identifier(c)
        pairs += [sql.Literal(c), printed(value, strange=True) if c in strange else value]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _require_path(conn: Connection, place: Place, type_name: str) -> None:
    """Raise ConfigError where a place's path is none, or its column holds no documents."""
    if type_name not in ("json", "jsonb"):
        raise ConfigError(
            f"{place.relation}.{place.column} is {type_name}", hint="a path wants json or jsonb"
        )
    try:
        conn.execute("select %s::jsonpath", [place.json_key])
    except (conn.ProgrammingError, conn.DataError) as exc:
        raise ConfigError(
            f"{place.json_key!r} is no path of SQL/JSON",
            hint='write the keys that lead to the note: $.visite."a b"',
        ) from exc


def secret(conn: Connection) -> bytes:
    """The key of the note digests. Raises DatabaseError where this role may not read it."""
    row = conn.execute("select key from motjuste.secret").fetchone()
    if row is None:
        raise DatabaseError("motjuste.secret is empty", hint="run `motjuste install` again")
    return bytes(row[0])


def may_read_secret(conn: Connection) -> bool:
    """Whether this role may read the key of the digests, and what is watched."""
    row = conn.execute(assets.query("may_read.sql"), {}).fetchone()
    return bool(row and row[0])


def prepare(conn: Connection, timeout: int = 0, *, views: bool = True) -> None:
    """Set a session up for reading notes; `timeout` is that of a statement in milliseconds, 0: the server's own.

    Where views are not to be read (`views`, and see trust.why_not) the server itself sees to it, if it knows how.
    """
    conn.execute(assets.query("session.sql"), {"timeout": timeout, "lock": LOCK, "views": views})


# -- what there is to read ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """A table that holds rows of a relation: its size in pages, bytes and estimated rows, the file it lies in."""

    name: str
    heap: bool
    pages: int
    bytes: int
    rows: int
    storage: str
    readable: bool


def leaves(conn: Connection, relation: str) -> list[Leaf]:
    """The tables that hold the rows of a relation, in order of name."""
    query = assets.query("leaves.sql")
    return [Leaf(*row) for row in conn.execute(query, {"relation": relation})]


def parts(
    found: list[Leaf], relation: str, place: int, number: int, scope: Scope, limit: int = 0
) -> list[Part]:
    """A column's tables cut into parts, numbered from `number`; a part holds at most about `limit` rows, 0: no limit."""
    if scope.sample:
        rows = sum(leaf.rows for leaf in found)
        plain = all(leaf.heap for leaf in found)
        return [Part(number, place, relation, "sample" if plain else "whole", only=False, rows=rows)]
    if not all(leaf.readable for leaf in found):
        # rights on the parent are enough for its rows, but not to read a child by its own name
        found = [_together(found, relation)]
    listed: list[Part] = []
    for leaf in found:
        only = leaf.name != relation or len(found) > 1
        start = number + len(listed)
        if not (leaf.heap and leaf.readable):
            listed.append(Part(start, place, leaf.name, "whole", only=only and leaf.heap, rows=leaf.rows))
            continue
        step = _pages(leaf, limit)
        for n, first in enumerate(range(0, max(leaf.pages, 1), step)):
            # the last range has no end: pages added meanwhile are read too
            end = first + step if first + step < leaf.pages else None
            share = (min(first + step, leaf.pages) - first) / max(leaf.pages, 1)
            rows = round(leaf.rows * share)
            listed.append(Part(start + n, place, leaf.name, "pages", first, end, only, rows, leaf.storage))
    return listed


def ranges(conn: Connection, whole: Part, key: str, limit: int = 0) -> list[Part]:
    """A relation without pages, cut by ranges of a column into parts of KEY_ROWS rows, or of `limit` if that is less.

    Where it has no such column, cannot be read or takes too long, what is left is one part: reading it says so.
    """
    if trust.why_not(conn, whole.table)[0]:
        return [whole]
    step = min(KEY_ROWS, limit) if limit else KEY_ROWS
    name = sql.SQL("x.") + sql.Identifier(key)
    after: str | None = None
    listed: list[Part] = []
    while True:
        beyond = sql.SQL(" where {} > {}").format(name, sql.Literal(after)) if listed else sql.SQL("")
        query = sql.SQL("select {}::text from {} as x{} order by {} offset {} limit 1").format(
            name, sql.SQL(whole.table), beyond, name, sql.Literal(step - 1)
        )
        found = None
        with passing_over(conn):
            found = conn.execute(query).fetchall()
        if found is None and not listed:
            return [whole]
        until = found[0][0] if found else None
        number = whole.number + len(listed)
        rows = step if until is not None else 0  # of the last nobody knows
        listed.append(replace(whole, number=number, kind="keys", rows=rows, after=after, until=until))
        if until is None:
            return listed
        after = until


def _together(found: list[Leaf], relation: str) -> Leaf:
    """The leaves read through their parent, pages of the same number at once."""
    return Leaf(
        relation,
        all(leaf.heap for leaf in found),
        max(leaf.pages for leaf in found),
        sum(leaf.bytes for leaf in found),
        sum(leaf.rows for leaf in found),
        " ".join(leaf.storage for leaf in found),
        True,
    )


def _pages(leaf: Leaf, limit: int) -> int:
    """How many pages of a table make a part."""
    share = PART_BYTES / max(leaf.bytes, 1)
    if limit:
        share = min(share, limit / max(leaf.rows, 1))
    return max(1, round(leaf.pages * share))


# -- reading --------------------------------------------------------------------------------------------


class Query:
    """The statements that read a part of a source; `raw`: the note's bytes as they are stored."""

    def __init__(self, source: Source, scope: Scope, xid: int) -> None:
        self.source, self.scope, self.xid = source, scope, xid

    def rows(self, part: Part, *, raw: bool = False) -> sql.Composed:
        """COPY of the rows' keys, notes, authors and element numbers."""
        place = self.source.place
        column = sql.SQL("x.") + sql.Identifier(place.column)
        extra: sql.Composable = sql.SQL("")
        element = sql.SQL("1::bigint")
        note: sql.Composable = column
        if place.json_key == ELEMENTS:
            extra = sql.SQL(" left join lateral unnest({}) with ordinality as e (note, i) on true").format(
                column
            )
            note, element = sql.SQL("e.note"), sql.SQL("coalesce(e.i, 1)")
        elif place.json_key.startswith(PATH):
            # [*]: the elements of an array, and what is none as if it were alone in one
            extra = sql.SQL(
                " left join lateral (select p.v #>> '{{}}' as note, row_number() over () as i"
                " from jsonb_path_query({}::jsonb, {}) as p (v) where jsonb_typeof(p.v) = 'string') as e on true"
            ).format(column, sql.Literal(f"{place.json_key}[*]"))
            note, element = sql.SQL("e.note"), sql.SQL("coalesce(e.i, 1)")
        elif place.json_key:
            note = sql.SQL("({} ->> {})").format(column, sql.Literal(place.json_key))
        strange = self.source.strange
        key = row_key(self.source.keys, strange, "x")
        author: sql.Composable = sql.SQL("null")
        if self.source.author:
            author = sql.SQL("x.") + sql.Identifier(self.source.author)
            if self.source.author in strange:
                author = printed(author, strange=True)
        texts = [sql.SQL(RAW if raw else "{}::text").format(value) for value in (key, note, author)]
        limit: sql.Composable = sql.SQL("")
        if self.scope.sample and part.kind == "whole":
            limit = sql.SQL(" limit {}").format(sql.Literal(self.scope.sample))
        return sql.SQL(
            "copy (select {}, {} from {}{}{}{}) to stdout (format binary)"
        ).format(
            sql.SQL(", ").join(texts), element, self._table(part), extra, self._where(part, since=True), limit
        )  # fmt: skip

    def count(self, part: Part) -> sql.Composed:
        """How many rows of a part exist, whatever is read of them."""
        return sql.SQL("select count(*) from {}{}").format(self._table(part), self._where(part))

    def _table(self, part: Part) -> sql.Composable:
        name = ("only " if part.only else "") + part.table + " as x"
        if part.kind == "sample" and part.rows > self.scope.sample:
            # pages are drawn from big tables, rows from small ones
            method = "system" if part.rows > SYSTEM_FROM else "bernoulli"
            name += f" tablesample {method} ({100 * self.scope.sample / part.rows:.6f})"
        return sql.SQL(name)

    def _where(self, part: Part, *, since: bool = False) -> sql.Composable:
        tests: list[sql.Composable] = []
        if part.kind == "pages":
            tests.append(sql.SQL(f"x.ctid >= '({part.first},0)'"))
            if part.end is not None:
                tests.append(sql.SQL(f"x.ctid < '({part.end},0)'"))
        elif part.kind == "keys":
            tests += self._between(part)
        elif part.kind == "changed":
            tests.append(sql.SQL(f"age(x.xmin) <= age('{self.xid}'::xid)"))
        if since and self.scope.since:
            name, value = self.scope.since
            column = sql.SQL("x.") + sql.Identifier(name)
            tests.append(sql.SQL("({0} >= {1} or {0} is null)").format(column, sql.Literal(value)))
        return sql.SQL(" where ") + sql.SQL(" and ").join(tests) if tests else sql.SQL("")

    def _between(self, part: Part) -> list[sql.Composable]:
        key = sql.SQL("x.") + sql.Identifier(self.scope.by_key)
        if part.until is not None:
            upper = sql.SQL("{} <= {}").format(key, sql.Literal(part.until))
            return [upper, *self._beyond(key, part)]
        beyond = self._beyond(key, part)
        return [sql.SQL("({} or {} is null)").format(*beyond, key)] if beyond else []

    def _beyond(self, key: sql.Composable, part: Part) -> list[sql.Composable]:
        return [sql.SQL("{} > {}").format(key, sql.Literal(part.after))] if part.after is not None else []


def stream(conn: Connection, query: sql.Composed) -> Generator[Row]:
    """The rows of a COPY, one at a time; close it where not all of them are read."""
    with conn.cursor().copy(query) as copy:
        # bytea: the bytes as they come, whatever encoding they are in
        copy.set_types(["bytea", "bytea", "bytea", "int8"])
        for key, note, author, element in copy.rows():
            kept = decoded(key)[0] if len(key) <= LONGEST_KEY else NO_KEY
            yield Row(kept, note, decoded(author)[0] if author is not None else None, element)


def check_since(conn: Connection, sources: list[Source], scope: Scope) -> None:
    """Raise ConfigError where a table lacks the column that --since names, or the value is not of its type."""
    if not scope.since:
        return
    for found in sources:
        require_ordinary(conn, found.place.relation, scope.since[0], "--since")
        column, value = (sql.Identifier(scope.since[0]), sql.Literal(scope.since[1]))
        query = sql.SQL("select from {} as x where x.{} >= {} limit 0").format(
            sql.SQL(found.place.relation), column, value
        )
        try:
            with conn.transaction():
                trust.require_read(conn, found.place.relation)
                conn.execute(query)
        except trust.Untrusted:
            continue  # the scan itself says why it is not read
        except conn.ProgrammingError as exc:
            if exc.sqlstate == "42501":
                continue  # the scan itself says that it may not be read
            raise ConfigError(
                f"{found.place.relation} cannot be read since {scope.label}",
                hint="--since wants a column that each scanned table has, and a value of its type",
            ) from exc
        except conn.DataError as exc:
            raise ConfigError(
                f"{scope.since[1]!r} is no value of {found.place.relation}.{scope.since[0]}",
                hint="write a date as 2026-01-31",
            ) from exc
        except conn.OperationalError:
            if conn.closed:
                raise  # else it is locked, or away: the scan itself says so


def require_ordinary(conn: Connection, relation: str, column: str, option: str) -> None:
    """Raise ConfigError where a column is of a user's own type, whose values an option would compare."""
    if is_strange(conn, relation, column):
        raise ConfigError(
            f"{relation}.{column} is of a type of its owner's own", hint=f"{option} wants a built-in type"
        )


def require_date(conn: Connection, relation: str, column: str, option: str) -> None:
    """Raise ConfigError where a column is no date: a text would be read as one, and what is none quoted."""
    row = conn.execute(assets.query("place.sql"), {"relation": relation, "column": column}).fetchone()
    if row is None or row[1] not in ("date", "timestamp", "timestamptz") or column in row[4]:
        raise ConfigError(
            f"{relation}.{column} is {'no date' if row else 'no column'}",
            hint=f"{option} wants a column of type date or timestamp",
        )


def is_strange(conn: Connection, relation: str, column: str) -> bool:
    """Whether a column is of a user's own type."""
    row = conn.execute(assets.query("place.sql"), {"relation": relation, "column": column}).fetchone()
    return bool(row and column in row[4])


def by_key(conn: Connection, sources: list[Source], key: str) -> list[Source]:
    """The sources, where rows of a view or a foreign table are known by the key by which they are read.

    Raises ConfigError where no such relation has that column.
    """
    if not key:
        return sources
    found = [_has(conn, s, key) for s in sources]
    if not any(found):
        raise ConfigError(
            f"no view or foreign table that is scanned has a column {key!r}",
            hint="--by-key wants a column of a view or a foreign table; tables are read by their pages",
        )
    if any(has and s.place.column == key for s, has in zip(sources, found, strict=True)):
        raise ConfigError(
            f"{key!r} is the note itself, which no key may tell", hint="--by-key wants another column"
        )
    return [
        replace(s, keys=(key,)) if has and not s.keys else s for s, has in zip(sources, found, strict=True)
    ]


def _has(conn: Connection, source: Source, key: str) -> bool:
    """Whether a source is a relation that is read whole, with that column."""
    with passing_over(conn):
        whole = any(not leaf.heap for leaf in leaves(conn, source.place.relation))
        if whole:
            require_ordinary(conn, source.place.relation, key, "--by-key")
            relation = sql.SQL(source.place.relation)
            with suppress(trust.Untrusted), conn.transaction():
                trust.require_read(conn, source.place.relation)
                conn.execute(
                    sql.SQL("select x.{} from {} as x limit 0").format(sql.Identifier(key), relation)
                )
        return whole
    return False  # not there, or it cannot be read: the scan itself says so


def moment(conn: Connection) -> Any:
    """Where and when a scan starts: (database, oid, started_at, xid, snapshot)."""
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(assets.query("moment.sql"), {}).fetchone()


def watched_source(conn: Connection, place: Place) -> Source:
    """How the notes of a watched column are read; of one that is gone, so that reading it says so."""
    names = {"relation": place.relation, "column": place.column, "json_key": place.json_key}
    author = conn.execute(assets.query("author.sql"), names).fetchone()
    try:
        found = source(conn, place, author[0] if author else "")
    except ConfigError:
        return Source(place)
    return replace(
        found, place=replace(found.place, json_key=place.json_key)
    )  # of a list, as its triggers read it


@contextmanager
def snapshot(dsn: str | None) -> Iterator[str]:
    """The name of a snapshot that other sessions may read by until the block ends."""
    with connect(dsn) as conn:
        prepare(conn)
        if conn.execute("select pg_is_in_recovery()").fetchall()[0][0]:
            raise DatabaseError(
                "a replica cannot share a snapshot between sessions", hint="scan it without --snapshot"
            )
        with conn.transaction():
            conn.execute("set transaction isolation level repeatable read, read only")
            yield str(conn.execute("select pg_export_snapshot()").fetchall()[0][0])
