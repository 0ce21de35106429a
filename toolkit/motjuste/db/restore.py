"""Putting originals back where the note is still what the redaction made of it."""

from __future__ import annotations

import json

from psycopg import sql

from motjuste import assets
from motjuste.db.connection import Connection
from motjuste.db.findings import note_column, note_of
from motjuste.escrow import Original
from motjuste.migration.shape import Outcome, label

RESTORED = "restored"


def restore(conn: Connection, originals: list[Original], reason: str) -> list[Outcome]:
    """Put these originals back, in the transaction that the caller holds; what became of each.

    A note that is not what the redaction made of it is left alone. The findings of a restored note are open again.
    """
    conn.execute("select set_config('motjuste.bypass', %s, true)", [reason])
    listed = conn.execute(
        "insert into motjuste.bypass_role (role) values (session_user) on conflict do nothing"
    ).rowcount
    outcomes = [
        Outcome(label(o.relation, o.column, o.json_key), json.dumps(o.row_key), _one(conn, o))
        for o in originals
    ]
    if listed:
        conn.execute("delete from motjuste.bypass_role where role = session_user")
    return outcomes


def _one(conn: Connection, o: Original) -> str:
    where = note_column(conn, o.relation, o.column, o.json_key)
    if where is None:
        return "table or column gone"
    if not where.key or set(o.row_key) != {name for name, _ in where.key}:
        return "its row cannot be told from others: the table has no key, or another one"
    column = sql.Identifier(o.column)
    value: sql.Composable = sql.Literal(o.note)
    if o.json_key:
        value = sql.SQL("jsonb_set(t.{}::jsonb, array[{}], to_jsonb({}::text))::{}").format(
            column, sql.Literal(o.json_key), value, sql.SQL(where.kind)
        )
    row = sql.SQL(" and ").join(
        sql.SQL("t.{} = {}::").format(sql.Identifier(name), sql.Literal(str(o.row_key[name]))) + sql.SQL(kind)
        for name, kind in where.key
    )
    # values go in as literals: with parameters, a `%` in a name would be read as a placeholder
    done = conn.execute(
        sql.SQL("update {} as t set {} = {} where {} and motjuste.digest({}) = {}").format(
            sql.SQL(where.relation),
            column,
            value,
            row,
            note_of(where),
            sql.Literal(bytes.fromhex(o.digest_after)),
        )
    )
    if not done.rowcount:
        return "changed since the redaction, or deleted"
    conn.execute(
        assets.read("sql", "queries", "open_again.sql"),
        {
            "relation": o.relation,
            "column": o.column,
            "json_key": o.json_key,
            "row_key": json.dumps(o.row_key),
            "note": o.note,
        },
    )
    return RESTORED
