"""Installing, updating and removing the schema `motjuste`, with its rules."""

from __future__ import annotations

import hashlib
from importlib.resources.abc import Traversable

from psycopg import sql

from motjuste import assets, tables
from motjuste.db.connection import Connection
from motjuste.errors import DatabaseError
from motjuste.model import Pack

LOCK_TIMEOUT = "5s"


def scripts() -> list[Traversable]:
    """The files that `install` runs, in name order."""
    found = [f for f in assets.asset_dir("sql").iterdir() if f.name.endswith(".sql")]
    return sorted(found, key=lambda f: f.name)


def schema_digest() -> str:
    """A digest of the scripts: kept in a comment on the schema, so that `status` can tell an outdated install."""
    return hashlib.sha256(b"".join(f.read_bytes() for f in scripts())).hexdigest()


def is_installed(conn: Connection) -> bool:
    """Whether the schema `motjuste` is there."""
    row = conn.execute("select to_regclass('motjuste.watch') is not null").fetchone()
    return bool(row and row[0])


def require(conn: Connection) -> None:
    """Raise DatabaseError, with the way out, where motjuste is not installed."""
    if not is_installed(conn):
        raise DatabaseError("motjuste is not installed in this database", hint="motjuste install")


def install(conn: Connection, pack: Pack, *, lock_timeout: str = LOCK_TIMEOUT) -> bool:
    """Create or update the schema and its rules, in one transaction. True where anything was changed.

    Running it again with the same version and pack changes nothing.
    """
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        conn.execute("set local search_path = pg_catalog")
        # one install at a time: `create ... if not exists` is no protection against a second one
        conn.execute("select pg_advisory_xact_lock(hashtext('motjuste.install'))")
        digest = f"motjuste schema {schema_digest()}"
        current = conn.execute(
            "select obj_description(to_regnamespace('motjuste'), 'pg_namespace')"
        ).fetchone()
        changed = current is None or current[0] != digest
        if changed:
            for script in scripts():
                conn.execute(script.read_bytes())
            conn.execute(sql.SQL("comment on schema motjuste is {}").format(digest))
        return push(conn, pack) or changed


def push(conn: Connection, pack: Pack) -> bool:
    """Replace the rules by those of a pack, in one transaction; False where they are already these."""
    with conn.transaction():
        if holds(conn, pack):
            return False
        content = tables.rows(pack)
        for table in reversed(content):
            conn.execute(sql.SQL("delete from motjuste.{}").format(sql.Identifier(table)))
        for table, (columns, rows) in content.items():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            copy = sql.SQL("copy motjuste.{} ({}) from stdin").format(sql.Identifier(table), names)
            with conn.cursor().copy(copy) as stream:
                for row in rows:
                    stream.write_row(row)
        conn.execute("update motjuste.pack set current = false where current")
        conn.execute(
            "insert into motjuste.pack (language, version, digest, current) values (%s, %s, %s, true)",
            [pack.language, pack.version, pack.digest],
        )
        conn.execute("analyze motjuste.anchor, motjuste.head, motjuste.key, motjuste.term, motjuste.word_set")
    return True


def holds(conn: Connection, pack: Pack) -> bool:
    """Whether the database's rules are those of this pack."""
    row = conn.execute("select digest = %s from motjuste.pack where current", [pack.digest]).fetchone()
    return bool(row and row[0])


def script(pack: Pack) -> str:
    """Everything that `install` does, as one SQL file for a DBA to read and run."""
    parts = ["begin;", f"set local lock_timeout = '{LOCK_TIMEOUT}';", "set local search_path = pg_catalog;"]
    parts += [f.read_text(encoding="utf-8") for f in scripts()]
    parts.append(f"comment on schema motjuste is 'motjuste schema {schema_digest()}';")
    content = tables.rows(pack)
    parts += [f"delete from motjuste.{table};" for table in reversed(content)]
    for table, (columns, rows) in content.items():
        parts.append(f"copy motjuste.{table} ({', '.join(columns)}) from stdin;")
        parts += ["\t".join(_copy_text(v) for v in row) for row in rows]
        parts.append("\\.\n")
    parts.append("update motjuste.pack set current = false where current;")
    values = ", ".join("'" + v.replace("'", "''") + "'" for v in (pack.language, pack.version, pack.digest))
    parts.append(f"insert into motjuste.pack (language, version, digest, current) values ({values}, true);")
    parts += ["analyze motjuste.anchor, motjuste.head, motjuste.key, motjuste.term, motjuste.word_set;", "commit;", ""]
    return "\n".join(parts)


def _copy_text(value: object) -> str:
    text = {True: "t", False: "f"}[value] if isinstance(value, bool) else str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def uninstall(conn: Connection) -> list[str]:
    """Detach every column, drop the schema; the names of the columns that were watched."""
    require(conn)
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        watched = conn.execute(assets.read("sql", "queries", "detach_all.sql")).fetchall()
        conn.execute("drop schema motjuste cascade")
    return [row[0] for row in watched]
