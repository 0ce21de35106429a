"""Where else the text of a note is stored: what the catalog says, and the columns that hold the same notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from psycopg import sql

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection
from motjuste.db.findings import note_column, note_of
from motjuste.migration.plan import chunks
from motjuste.migration.shape import Around, Copy, NoteColumn, Place, label

DIGESTS = 50_000  # looked for in one reading of a column

LEFT = "left to you; `migrate plan --copies redact` redacts it with the notes"


def around(
    conn: Connection,
    columns: dict[Place, NoteColumn],
    digests: Mapping[Place, bytes | bytearray],
    *,
    search: bool = True,
    redact: bool = False,
    everywhere: bool = False,
) -> Around:
    """What else holds the text of these columns' notes.

    `search` looks for the reviewed notes, by their digests (32 bytes each), in the columns that are like theirs, or `everywhere`;
    `redact` has the plan redact what it finds.
    """
    told: list[Copy] = []
    refresh: dict[str, tuple[int, bool]] = {}
    also: dict[Place, tuple[NoteColumn, ...]] = {}
    fills: dict[NoteColumn, None] = {}
    for where in sorted(columns):
        for kind, place, what, handled, view, live, depth in conn.execute(
            assets.query("copies.sql"), {"relation": where[0], "column": where[1]}
        ).fetchall():
            told.append(Copy(kind, place, what, handled))
            if view:
                refresh[view] = max((depth, live), refresh.get(view, (0, live)))
        found = list(_same(conn, where, digests[where], everywhere, told.append)) if search else []
        taken = [copy for copy, _, _ in found if redact and _place(copy) not in columns]
        also[where] = tuple(taken)
        fills |= {copy: None for copy, _, filled in found if filled and _place(copy) not in columns}
        for copy, rows, filled in found:
            what = "holds the same notes" + ("; a trigger adds to it" if filled else "")
            handled = "the plan redacts it" if copy in taken else LEFT
            if _place(copy) not in columns:
                where_told = label(copy.relation, copy.column, "")  # of documents: wherever in them
                told.append(Copy("copy", where_told, what, handled, rows))
    told = list(dict.fromkeys(told))
    # a view of a view comes after it
    ordered = sorted(refresh, key=lambda view: (refresh[view][0], view))
    again = tuple((view, refresh[view][1]) for view in ordered)
    return Around(tuple(told), also, again, tuple(_texts(conn, refresh)), tuple(fills))


def _place(c: NoteColumn) -> Place:
    return c.relation, c.column, c.json_key


def _same(
    conn: Connection,
    where: Place,
    digests: bytes | bytearray,
    everywhere: bool,
    say: Callable[[Copy], object],
) -> Iterator[tuple[NoteColumn, int, bool]]:
    """The other columns that hold notes with these digests, how many rows, and whether a trigger fills them.

    `say` is told of those that are not read.
    """
    names = {"relation": where[0], "column": where[2] or where[1], "everywhere": everywhere}
    for relation, name, json_key, filled in conn.execute(assets.query("text_columns.sql"), names).fetchall():
        column = note_column(conn, relation, name, json_key)
        if column is None or (relation, name) == where[:2]:
            continue
        each = (bytes(digests[i : i + 32]) for i in range(0, len(digests), 32))
        try:
            with conn.transaction():
                trust.require_read(conn, relation, views=False)
                rows = sum(_count(conn, column, chunk) for chunk in chunks(each, DIGESTS))
        except trust.Untrusted as exc:
            say(Copy("unread", label(relation, name, ""), f"not looked into: {exc.message}", exc.hint))
            continue
        if rows or filled:
            yield column, rows, filled


def _count(conn: Connection, where: NoteColumn, digests: list[bytes]) -> int:
    # the hash written out: motjuste.digest costs ten times as much
    known = sql.SQL("sha256(s.outer_pad || sha256(s.inner_pad || convert_to({}, 'UTF8'))) = any ({})")
    if where.holds_documents:
        held = sql.SQL(
            "exists (select from jsonb_path_query(t.{}::jsonb, 'strict $.**') as v (value)"
            " where jsonb_typeof(v.value) = 'string' and {})"
        ).format(
            sql.Identifier(where.column), known.format(sql.SQL("v.value #>> '{}'"), sql.Literal(digests))
        )
    else:
        held = known.format(note_of(where), sql.Literal(digests))
    query = sql.SQL("select count(*) from {} as t cross join motjuste.secret as s where {}").format(
        sql.SQL(where.relation), held
    )
    [(rows,)] = conn.execute(query).fetchall()
    return int(rows)


def _texts(conn: Connection, views: Iterable[str]) -> Iterator[Place]:
    """The text columns of these materialized views."""
    for view in sorted(views):
        for (name,) in conn.execute(
            "select a.attname::text from pg_attribute as a join pg_type as t on t.oid = a.atttypid "
            "where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and t.typcategory = 'S' order by 1",
            [view],
        ).fetchall():
            yield view, name, ""
