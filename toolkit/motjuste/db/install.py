"""Installing, updating and removing the schema `motjuste`, with its rules."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from psycopg import sql

from motjuste import assets
from motjuste.db import contents, extension, vouching
from motjuste.db.connection import Connection
from motjuste.db.patience import give_way
from motjuste.engine.matcher import Matcher
from motjuste.errors import DatabaseError

LOCK_TIMEOUT = "2s"
OWNER = "select nspowner from pg_catalog.pg_namespace where nspname = 'motjuste'"
ROUNDS = 4
PIECE = 1 << 20  # bytes of a table that are sent together
OWNED = re.compile(r" owner to [^;]+$")
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('motjuste.install'))"
# what only says the rules: it comes back with the next install
RULES = (
    "category", "class", "context", "fork", "kernel", "keyword", "maskable", "message", "pack", "phrase", "program", "raw", "raw_word", "rule", "scale", "weight", "word",
)  # fmt: skip
REFRESH = "do $$ begin perform motjuste.refresh(); end $$;"
# the rules change as a whole: their tables are loaded anew, and the planner must know
PACK = "motjuste.class, motjuste.context, motjuste.keyword, motjuste.phrase, motjuste.raw_word, motjuste.weight, motjuste.word"
# numbers of rows and of values are enough: plans stay the same, and arrays take long at the usual target
ANALYZE = f"set local default_statistics_target = 10;\nanalyze {PACK};"


def scripts() -> list[Traversable]:
    """The files that `install` runs, in name order."""
    return _sql_files(assets.asset_dir("sql"))


def upgrades() -> list[Traversable]:
    """The files that move an older schema on, in order: 0001--0002.sql, one a version; none before there is a version 2."""
    return _sql_files(assets.asset_dir("migrations") / "upgrade", "--")


def _sql_files(folder: Traversable, mark: str = ".sql") -> list[Traversable]:
    return sorted(
        (f for f in folder.iterdir() if f.name.endswith(".sql") and mark in f.name), key=lambda f: f.name
    )


def schema_version() -> int:
    """The version of the schema that this motjuste installs: the one that the last upgrade leads to, 1 without upgrades."""
    files = upgrades()
    return int(files[-1].name.removesuffix(".sql").split("--")[1]) if files else 1


def schema_digest() -> str:
    """A digest of the scripts: kept in a comment on the schema, so that `status` can tell an outdated install."""
    return hashlib.sha256(b"".join(f.read_bytes() for f in scripts())).hexdigest()


def schema_comment() -> str:
    """What the comment on the schema says once it is installed."""
    return f"motjuste schema {schema_version()} {schema_digest()}"


def schema_statements() -> Iterator[str]:
    """The SQL that makes or updates the schema, in order; each part may hold many statements."""
    yield assets.read("migrations", "upgrade", "newer.sql").replace("@version@", str(schema_version()))
    wrap = assets.read("migrations", "upgrade", "step.sql")
    for upgrade in upgrades():
        body = upgrade.read_text(encoding="utf-8")
        version = int(upgrade.name.split("--")[0])
        yield wrap.replace("@version@", str(version)).replace("@body@", body)
    for script in scripts():
        yield script.read_text(encoding="utf-8")
    yield f"comment on schema motjuste is '{schema_comment()}';"


def is_installed(conn: Connection) -> bool:
    """Whether the schema `motjuste` is there."""
    # not to_regclass, which wants a right on the schema
    row = conn.execute(
        "select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'motjuste' and c.relname = 'watch'"
    ).fetchone()
    return row is not None


def may(conn: Connection, table: str, right: str) -> bool:
    """Whether motjuste is installed with this table of its own, and the role has this right on it."""
    query = assets.query("own_right.sql")
    [(found,)] = conn.execute(query, {"table": table, "right": right}).fetchall()
    return bool(found)


def require(conn: Connection) -> None:
    """Raise DatabaseError, with the way out, where motjuste is not installed, or not by this version of it."""
    if not is_installed(conn):
        raise DatabaseError("motjuste is not installed in this database", hint="motjuste install")


def installed_version(conn: Connection) -> int | None:
    """The version of the schema in this database; None where there is none, 1 where its comment was changed by hand."""
    row = conn.execute("select obj_description(to_regnamespace('motjuste'), 'pg_namespace')").fetchone()
    if row is None or row[0] is None:
        return None
    found = re.match(r"motjuste schema (\d+) ", row[0])
    return int(found[1]) if found else 1


def is_current(conn: Connection) -> bool:
    """Whether the schema is the one that this motjuste installs."""
    row = conn.execute("select obj_description(to_regnamespace('motjuste'), 'pg_namespace')").fetchone()
    return bool(row and row[0] == schema_comment())


def require_unpublished(conn: Connection) -> None:
    """Raise DatabaseError where motjuste is not installed yet and a publication would replicate its tables too."""
    found = [row[0] for row in conn.execute(assets.query("publishing_all.sql")).fetchall()]
    if found and not is_installed(conn):
        raise DatabaseError(
            f"publication {', '.join(found)} replicates every table, ours too: a subscriber without them stops,"
            " and the key of the digests would leave this database",
            hint="run what `motjuste install --sql` prints on the subscribers first, or publish by table or schema; then motjuste install --published",
        )


def act_as_owner(conn: Connection, owner: str = "") -> bool:
    """Go on, until the transaction ends, as the owner of the schema; give it to the role `owner` first, where one is named.

    Where there is no schema yet, `owner` makes it, or who is connected. True where it changed hands. Raises DatabaseError
    where that role is not there, or the one that is connected may not act as it.
    """
    before = conn.execute(OWNER).fetchone()
    conn.execute("select set_config('motjuste.owner', %s, true)", [owner])
    conn.execute(assets.query("own.sql").encode())
    return before is not None and conn.execute(OWNER).fetchone() != before


def install(conn: Connection, matcher: Matcher, *, owner: str = "", lock_timeout: str = LOCK_TIMEOUT) -> bool:
    """Create or update the schema and its rules, in one transaction. True where anything was changed.

    `owner` is the role whose all of it is to be, '' who owns it, or who is connected. Running it again with the same
    version and pack changes nothing but what is not as it should be: triggers, and what somebody altered in the schema.
    """
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        conn.execute("set local search_path = pg_catalog, pg_temp")
        changed = act_as_owner(conn, owner)
        # one install at a time: `create ... if not exists` is no protection against a second one
        conn.execute(ONE_AT_A_TIME)
        if not is_current(conn):
            changed = True
            for statements in schema_statements():
                conn.execute(statements.encode())
            # the same rules may be other rows now
            conn.execute("update motjuste.pack set current = false where current")
        changed = mend(conn) or changed
        changed = push(conn, matcher) or changed
        conn.execute(REFRESH)
        return changed


def faults(conn: Connection) -> vouching.Account:
    """The objects of the schema, and rights on them, that differ from what this motjuste installs."""
    texts = [script.read_text(encoding="utf-8") for script in scripts()]
    return vouching.merged(vouching.faults(conn, texts), vouching.surplus(conn))


def mend(conn: Connection) -> bool:
    """Repair what was altered by hand, inside a transaction. Returns False if nothing was. Foreign objects that hold data stay."""
    changed = False
    if any(f.state == "missing" for f in vouching.key(conn).faults):
        changed = True
        conn.execute(assets.read("sql", "50_findings.sql").encode())
        conn.execute(assets.query("key_unused.sql"))
    for _ in range(ROUNDS):  # what stands on an object that is altered shows when that one is mended
        todo = [f for f in faults(conn).faults if f.repair or f.state != "foreign"]
        if not todo:
            break
        changed = True
        conn.execute("set local search_path = pg_catalog, motjuste, pg_temp")
        statements = list(vouching.repairs(todo))
        if owned := [s for s in statements if OWNED.search(s)]:
            # what is another's, the schema's owner cannot take: whoever is connected may
            conn.execute("set local role none")
            for statement in owned:
                conn.execute(statement.encode())
            act_as_owner(conn)
        for statement in statements:
            if statement not in owned:
                conn.execute(statement.encode())
        conn.execute("set local search_path = pg_catalog, pg_temp")
        for body in schema_statements():
            conn.execute(body.encode())
    return changed


def push(conn: Connection, matcher: Matcher) -> bool:
    """Replace the rules by those of a matcher, in one transaction; False where they are already these.

    Nothing waits for it, and it waits for nothing but another push: until it commits, every check sees the old rules,
    from then on the new ones.
    """
    with conn.transaction():
        conn.execute("lock table motjuste.pack in share row exclusive mode")
        stored = extension.store(conn, matcher)
        if holds(conn, matcher) and not vouching.content_faults(conn, matcher).faults:
            return stored
        content = list(contents.rows(matcher))
        pack = matcher.pack
        for table, _, _ in reversed(content):
            conn.execute(sql.SQL("delete from motjuste.{}").format(sql.Identifier(table)))
        for table, columns, rows in content:
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            copy = sql.SQL("copy motjuste.{} ({}) from stdin").format(sql.Identifier(table), names)
            with conn.cursor().copy(copy) as stream:
                for first in range(0, len(rows), PIECE):
                    stream.write(rows[first : first + PIECE])
        conn.execute("update motjuste.pack set current = false where current")
        conn.execute(
            "insert into motjuste.pack (language, version, digest, current) values (%s, %s, %s, true)",
            [pack.language, pack.version, pack.digest],
        )
        conn.execute(ANALYZE)
    return True


def vacuum(conn: Connection) -> None:
    """Vacuum the tables of the rules, so that checks do not read dead rows; outside a transaction."""
    conn.execute(sql.SQL(f"vacuum {PACK}, motjuste.rule"))


def holds(conn: Connection, matcher: Matcher) -> bool:
    """Whether the database's rules are those of this matcher."""
    row = conn.execute(
        "select digest = %s from motjuste.pack where current", [matcher.pack.digest]
    ).fetchone()
    return bool(row and row[0])


def script(matcher: Matcher, attach: Iterable[str] = (), *, owner: str = "") -> str:
    """Everything that `install` does, with the statements that attach columns: one transaction for a DBA to read and run."""
    return "\n".join([*_begins(owner), *_schema(), *_rules(matcher), *_columns(attach), "commit;", ""])


def script_files(matcher: Matcher, attach: Iterable[str] = (), *, owner: str = "") -> dict[str, str]:
    """The same as files: `install.sql` runs the others in one transaction; the code, the rules and the columns are apart."""
    pack = matcher.pack
    parts = {
        "schema.sql": ("tables, functions, views and triggers: all of the code", _schema()),
        "rules.sql": (f"the rules of pack {pack.language} {pack.version}: data only", _rules(matcher)),
        "columns.sql": ("the policy, and the columns that are watched", _columns(attach)),
    }
    files = {
        name: "\n".join([f"-- {what}. Run by install.sql, in its transaction.", *lines, ""])
        for name, (what, lines) in parts.items()
    }
    run = [line for name, (what, _) in parts.items() for line in (f"-- {what}", f"\\ir {name}")]
    head = "-- Installs or updates the schema motjuste, in one transaction: psql -f install.sql"
    return {"install.sql": "\n".join([head, *_begins(owner), *run, "commit;", ""]), **files}


def _begins(owner: str) -> list[str]:
    """How the transaction of a script begins."""
    named = sql.SQL("set local motjuste.owner = {};").format(sql.Literal(owner)).as_string(None)
    return [
        "\\set ON_ERROR_STOP on",
        "set client_encoding = 'UTF8';",
        "begin;",
        f"set local lock_timeout = '{LOCK_TIMEOUT}';",
        "set local client_min_messages = warning;",  # what is not there yet need not be dropped
        "set local search_path = pg_catalog, pg_temp;",
        "set local standard_conforming_strings = on;",
        named,
        assets.query("own.sql").rstrip() + ";",
    ]


def _schema() -> list[str]:
    return [
        "do $$ begin perform pg_advisory_xact_lock(hashtext('motjuste.install')); end $$;",
        *schema_statements(),
    ]


def _rules(matcher: Matcher) -> Iterator[str]:
    content, pack = list(contents.rows(matcher)), matcher.pack
    yield "lock table motjuste.pack in share row exclusive mode;"
    # whether the server has the kernel is not known here: `motjuste install` gives it the program
    yield from ("delete from motjuste.kernel;", "delete from motjuste.program;")
    yield from (f"delete from motjuste.{table};" for table, _, _ in reversed(content))
    for table, columns, rows in content:
        yield f"copy motjuste.{table} ({', '.join(columns)}) from stdin;"
        yield rows.decode() + "\\.\n"
    yield "update motjuste.pack set current = false where current;"
    values = ", ".join("'" + v.replace("'", "''") + "'" for v in (pack.language, pack.version, pack.digest))
    yield f"insert into motjuste.pack (language, version, digest, current) values ({values}, true);"
    yield ANALYZE


def _columns(attach: Iterable[str]) -> list[str]:
    return [REFRESH, *attach]


@dataclass(frozen=True)
class Inventory:
    """What an uninstallation removes: the number of rows of each table except those of the rules, of decided findings, and of triggers by table."""

    rows: dict[str, int]
    decided: int
    unanswered: int
    triggers: dict[str, int]
    readers: tuple[str, ...]


def inventory(conn: Connection) -> Inventory:
    """What an uninstallation would take along."""
    require(conn)
    with conn.transaction():
        act_as_owner(conn)
        rows = {name: _count(conn, name) for name in _own_tables(conn) if name not in RULES}
        triggers: dict[str, int] = dict(conn.execute(assets.query("our_triggers.sql").encode()).fetchall())
        [(decided, unanswered, readers)] = conn.execute(
            "select (select count(*) from motjuste.finding where decided_at is not null),"
            " (select count(*) from motjuste.request where complete is not true),"
            " (select coalesce(array_agg(role::text order by role), '{}') from motjuste.reader_role)"
        ).fetchall()
    return Inventory(
        {name: count for name, count in rows.items() if count}, decided, unanswered, triggers, tuple(readers)
    )


def _own_tables(conn: Connection) -> list[str]:
    found = conn.execute(
        "select relname::text from pg_catalog.pg_class where relnamespace = 'motjuste'::regnamespace and relkind = 'r' order by 1"
    )
    return [name for (name,) in found.fetchall()]


def _count(conn: Connection, table: str) -> int:
    [(count,)] = conn.execute(
        sql.SQL("select count(*) from motjuste.{}").format(sql.Identifier(table))
    ).fetchall()
    return int(count)


def kept(conn: Connection, *, decisions: bool) -> Iterator[str]:
    """The register of requests and, where asked for, what was decided: JSON, a row a line, with the name of its table."""
    queries = ["select 'request', to_jsonb(t) from motjuste.request as t order by t.id"]
    if decisions:
        queries.append(
            "select 'finding', to_jsonb(t) from motjuste.finding as t where t.decided_at is not null order by t.id"
        )
        queries += [
            sql.SQL("select {}, to_jsonb(t) from motjuste.{} as t")
            .format(sql.Literal(name), sql.Identifier(name))
            .as_string(conn)
            for name in _own_tables(conn)
            if name.startswith("decision")
        ]
    for query in queries:
        wrapped = f"select jsonb_build_object('table', x.name) || x.row from ({query}) as x (name, row)"
        for (row,) in conn.cursor().stream(wrapped.encode()):
            yield json.dumps(row, ensure_ascii=False) + "\n"


def uninstall(
    conn: Connection,
    *,
    lock_timeout: str = LOCK_TIMEOUT,
    before: Callable[[], object] = lambda: None,
) -> list[str]:
    """Detach every column, drop the schema; the names of the columns that were watched.

    `before` is called when nobody can write there any more: what it raises leaves all as it was. Raises DatabaseError where views, constraints, policies... of the users' own use it: they would be lost with it.
    """
    require(conn)
    users = [row[0] for row in conn.execute(assets.query("dependents.sql")).fetchall()]
    if users:
        raise DatabaseError(
            f"objects of yours use the schema motjuste: {', '.join(users)}; nothing was changed",
            hint="drop or rewrite them first: they would be lost with it",
        )
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        act_as_owner(conn)
        conn.execute(ONE_AT_A_TIME)
        watched = conn.execute(assets.query("detach_all.sql")).fetchall()
        give_way(conn)
        conn.execute("lock table motjuste.request, motjuste.finding in share mode")
        before()
        conn.execute("drop schema motjuste cascade")
    return [row[0] for row in watched]
