"""Puts originals back if the note is still as the redaction left it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from psycopg import sql

from motjuste import assets
from motjuste.db import trust
from motjuste.db.connection import Connection
from motjuste.db.findings import note_column, note_of, same_row, typed_key
from motjuste.db.patience import give_way
from motjuste.db.reading import is_strange, printed, row_key
from motjuste.migration.escrow import Original
from motjuste.migration.shape import NoteColumn, Outcome, Place, label

RESTORED, BACK = "restored", "already as it was"

# true, and from here on the path of whoever is connected: the triggers of a table find their tables by it
OWN_PATH = """(
    select set_config('search_path', coalesce(string_agg(quote_ident(p.name), ', ' order by p.i), ''), true)
    from json_array_elements_text(current_setting('motjuste.path')::json) with ordinality as p (name, i)
) is not null"""


def restore(
    conn: Connection, originals: Sequence[Original], reason: str, *, lock_timeout: str, dry_run: bool = False
) -> list[Outcome]:
    """Put these originals back, in one transaction; what became of each. A dry run does it all and rolls back.

    A note that is not what the redaction made of it is left alone. The findings of a restored note are open again.
    """
    with conn.transaction(force_rollback=dry_run):
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        trust.require_write(conn, sorted({o.relation for o in originals}))
        give_way(conn)
        return _restored(conn, originals, reason)


def _restored(conn: Connection, originals: Sequence[Original], reason: str) -> list[Outcome]:
    conn.execute(
        "select set_config('motjuste.bypass', %s, true), set_config('motjuste.bypass_own', 'on', true)",
        [reason],
    )
    conn.execute(assets.query("terse.sql"))
    listed = conn.execute(
        "insert into motjuste.bypass_role (role) values (session_user) on conflict do nothing"
    ).rowcount
    ordered = sorted(originals, key=_place)
    # by COPY: what stands in a statement, or is a parameter of one, may be written to the server's log
    conn.execute(
        "create temp table motjuste_original (number int, row_key jsonb, note text, after bytea) on commit drop"
    )
    with conn.cursor().copy("copy pg_temp.motjuste_original from stdin") as copy:
        for number, o in enumerate(ordered):
            copy.write_row((number, json.dumps(o.row_key), o.note, bytes.fromhex(o.digest_after)))
    outcomes: list[Outcome] = []
    for where, group in groupby(ordered, key=_place):
        part = list(group)
        first = len(outcomes)
        column = note_column(conn, *where)
        done: dict[int, str] = {}
        if column and column.key:
            done = _put_back(conn, where, column, first, len(part))
        for number, o in enumerate(part, first):
            outcome = done.get(number) or _why_not(o, column)
            outcomes.append(Outcome(label(*where), json.dumps(o.row_key), outcome))
    if listed:
        conn.execute("delete from motjuste.bypass_role where role = session_user")
    conn.execute("drop table pg_temp.motjuste_original")
    return outcomes


def _place(o: Original) -> Place:
    return o.relation, o.column, o.json_key


def _why_not(o: Original, column: NoteColumn | None) -> str:
    if column is None:
        return "table or column gone"
    if not column.key or set(o.row_key) != {name for name, _ in column.key}:
        return "its row cannot be told from others: the table has no key, or another one"
    return "changed since the redaction, or deleted"


def _put_back(conn: Connection, at: Place, where: NoteColumn, first: int, count: int) -> dict[int, str]:
    """Of `count` originals, from the `first` on, what became of those that are in their rows, by number."""
    column = sql.Identifier(at[1])
    value: sql.Composable = sql.SQL("o.note")
    if at[2]:
        value = sql.SQL("jsonb_set(t.{}::jsonb, array[{}], to_jsonb(o.note))::{}").format(
            column, sql.Literal(at[2]), sql.SQL(where.kind)
        )
    originals = sql.SQL("pg_temp.motjuste_original as o, {}").format(typed_key(where, "o.row_key"))
    names = sql.Literal([name for name, _ in where.key])
    # values go in as literals: with parameters, a `%` in a name would be read as a placeholder
    meant = sql.SQL(
        "o.number >= {} and o.number < {} and o.row_key ?& {}::text[] and o.row_key - {}::text[] = '{{}}'"
        " and {} and motjuste.digest({})"
    ).format(sql.Literal(first), sql.Literal(first + count), names, names, same_row(where), note_of(where))
    table = sql.SQL(where.relation)
    found = conn.execute(
        sql.SQL("select o.number from {} as t, {} where {} = motjuste.digest(o.note)").format(
            table, originals, meant
        )
    ).fetchall()
    back = {int(number): BACK for (number,) in found}
    place = {"relation": at[0], "column": at[1], "json_key": at[2]}
    author: sql.Composable = sql.SQL("null::text")
    if named := conn.execute(assets.query("author.sql"), place).fetchone():
        author = printed(
            sql.SQL("t.") + sql.Identifier(named[0]), strange=is_strange(conn, where.relation, named[0])
        )
    # as the row itself has it: an escrow holds a number with decimals as text
    key = sql.SQL("{}::text").format(row_key([name for name, _ in where.key], where.strange, "t"))
    found = conn.execute(
        sql.SQL(
            "update {} as t set {} = {} from {} where {} = o.after and {} returning o.number, {}, {}"
        ).format(table, column, value, originals, meant, sql.SQL(OWN_PATH), key, author)
    ).fetchall()
    conn.execute("set local search_path = pg_catalog, pg_temp")
    if found:
        numbers, keys, authors = (list(values) for values in zip(*found, strict=True))
        rows = {"numbers": numbers, "keys": keys, "authors": authors}
        conn.execute(assets.query("find_again.sql"), place | rows)
    return back | {int(number): RESTORED for number, *_ in found}
