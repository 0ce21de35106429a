"""Attaching and detaching columns, with the checks' schema where it is to be brought up to date first."""

from __future__ import annotations

import json
from typing import NamedTuple

from psycopg import sql

from motjuste import assets
from motjuste.config import KEPT, Config, Watch
from motjuste.db.connection import Connection
from motjuste.db.install import (
    LOCK_TIMEOUT,
    ONE_AT_A_TIME,
    act_as_owner,
    install,
    is_current,
    is_installed,
    require,
)
from motjuste.db.patience import give_way
from motjuste.db.reading import qualified
from motjuste.engine.matcher import Matcher
from motjuste.errors import ConfigError
from motjuste.scanning.scan import PATH, Place


class Checked(NamedTuple):
    """How a column is checked: its mode, and whether notes that are not refused are checked later."""

    mode: str
    deferred: bool = False

    def __str__(self) -> str:
        return f"{self.mode}, deferred" if self.deferred else self.mode


def watchable(place: Place) -> Place:
    """A place as triggers read it. Raises ConfigError where none does."""
    if place.json_key.startswith(PATH):
        raise ConfigError(
            f"{place.label} holds several notes a row: no trigger reads them", hint="motjuste scan does"
        )
    return place.whole


def attach(
    conn: Connection,
    place: Place,
    mode: str | None = None,
    *,
    author: str = "",
    subject: str = "",
    always: bool | None = None,
    trust_owner: bool | None = None,
    deferred: bool | None = None,
    lock_timeout: str = LOCK_TIMEOUT,
) -> Checked:
    """Watch a column in a mode; again with another mode changes only that. How it is checked now.

    `always`: also where session_replication_role is replica. `trust_owner`: also where the triggers have a superuser's
    rights and the table's owner has not. `deferred`: what refuses nothing is read by `motjuste work`. What is None stays as
    it was. Raises DatabaseError with the way out.
    """
    require(conn)
    place = watchable(place)
    relation = qualified(conn, place.relation)
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        act_as_owner(conn)
        conn.execute(
            "select motjuste.attach(%s::regclass, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                relation,
                place.column,
                mode,
                place.json_key,
                author or None,
                subject or None,
                always,
                trust_owner,
                deferred,
            ],
        )
        [(now, later)] = conn.execute(
            assets.query("mode_of.sql"),
            {"relation": relation, "column": place.column, "json_key": place.json_key},
        ).fetchall()
    return Checked(now, later)


def attach_statement(watch: Watch, mode: str) -> str:
    """The SQL that attaches a column of the policy, for `install --sql`."""
    named = {"json_key": watch.json_key, "author_column": watch.author, "subject_column": watch.subject}
    parts = [
        sql.Literal(watch.relation) + sql.SQL("::regclass"),
        sql.Literal(watch.column),
        sql.Literal(mode),
    ]
    parts += [sql.SQL(f"{name} => ") + sql.Literal(value) for name, value in named.items() if value]
    parts += [sql.SQL("trust_owner => true")] if watch.trust_owner else []
    parts += [sql.SQL("deferred => ") + sql.Literal(watch.deferred)] if watch.check else []
    return sql.SQL("select motjuste.attach({});").format(sql.SQL(", ").join(parts)).as_string(None)


def policy_statement(config: Config) -> str:
    """The SQL that stores what triggers and `motjuste.purge` know of the policy; where there is none, what is stored stays."""
    if not config.source:
        return ""
    return (
        sql.SQL("do $$ begin perform motjuste.set_policy({}, {}::jsonb); end $$;")
        .format(sql.Literal(config.max_note), sql.Literal(json.dumps(KEPT | dict(config.retention))))
        .as_string(None)
    )


def attach_all(
    conn: Connection, config: Config, *, lock_timeout: str = LOCK_TIMEOUT
) -> list[tuple[Place, Checked]]:
    """Attach every column of the policy, in one transaction; each with how it is checked."""
    done = []
    with conn.transaction():
        for watch in config.watches:
            place = Place(watch.relation, watch.column, watch.json_key)
            checked = attach(
                conn,
                place,
                config.mode_of(watch),
                author=watch.author,
                subject=watch.subject,
                trust_owner=watch.trust_owner,
                deferred=watch.deferred if watch.check else None,
                lock_timeout=lock_timeout,
            )
            done.append((place, checked))
    return done


def install_all(
    conn: Connection,
    matcher: Matcher,
    config: Config,
    *,
    owner: str = "",
    lock_timeout: str = LOCK_TIMEOUT,
    dry_run: bool = False,
) -> tuple[bool, list[tuple[Place, Checked]]]:
    """Install or update, and attach every column of the policy, in one transaction: whether the schema changed, and
    the columns with their modes. `owner` is the role whose all of it is to be, '' whose it is. A dry run does it all and
    rolls back.
    """
    with conn.transaction(force_rollback=dry_run):
        if is_installed(conn) and not is_current(conn):
            # Tables before our own: writers take them in this order, and nobody waits in a circle.
            conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
            conn.execute(ONE_AT_A_TIME)  # who waits for another installation holds no table meanwhile
            relations = [qualified(conn, w.relation) for w in config.watches]
            for (name,) in conn.execute(assets.query("unwatched.sql"), {"relations": relations}).fetchall():
                conn.execute(sql.SQL("lock table {} in share row exclusive mode").format(sql.SQL(name)))
                give_way(conn)
        changed = install(conn, matcher, owner=owner, lock_timeout=lock_timeout)
        conn.execute(policy_statement(config).encode())
        return changed, attach_all(conn, config, lock_timeout=lock_timeout)


def declared(conn: Connection) -> frozenset[str] | None:
    """How the columns are watched, their triggers included, and the policy in the database; None where motjuste is not installed."""
    if not is_installed(conn) or not is_current(conn):
        return None
    with conn.transaction():
        act_as_owner(conn)
        return frozenset(line for (line,) in conn.execute(assets.query("declared.sql").encode()).fetchall())


class Change(NamedTuple):
    """What the policy changes of an installation: of a column, or of the whole (`place` is None)."""

    place: Place | None
    what: str
    was: str
    becomes: str

    def __str__(self) -> str:
        if self.place is None:
            return f"{self.what}: {self.was} -> {self.becomes}"
        if self.what == "watch":
            return f"{self.place.label}: motjuste.toml no longer names it; still watched, mode {self.was}: motjuste detach {self.place.label}"
        return f"{self.place.label}: {self.what} {self.was} -> {self.becomes}"


def changes(conn: Connection, config: Config) -> list[Change]:
    """What an installation changes because the policy says otherwise by now, modes and rules aside; none where motjuste is not installed
    in this version, or there is no policy."""
    if not config.source or not is_installed(conn) or not is_current(conn):
        return []
    watches = [(w, watchable(Place(w.relation, w.column, w.json_key))) for w in config.watches]
    values = {
        "watches": json.dumps([
            {
                "relation": qualified(conn, place.relation), "column": place.column, "json_key": place.json_key,
                "author": w.author, "subject": w.subject, "deferred": w.deferred if w.check else None,
            }
            for w, place in watches
        ]),
        "retention": json.dumps(KEPT | dict(config.retention)),
        "max_note": config.max_note,
    }  # fmt: skip
    with conn.transaction():
        act_as_owner(conn)
        rows = conn.execute(assets.query("policy_changes.sql"), values).fetchall()
    return [
        Change(Place(label, column, key) if label else None, what, was, becomes)
        for label, column, key, what, was, becomes in rows
    ]


def detach(conn: Connection, place: Place, *, lock_timeout: str = LOCK_TIMEOUT) -> int:
    """Stop watching a column; its findings stay. How many of its rows waited to be read, and are noted as not checked."""
    require(conn)
    place = watchable(place)
    with conn.transaction():
        conn.execute("select set_config('lock_timeout', %s, true)", [lock_timeout])
        act_as_owner(conn)
        [(waited,)] = conn.execute(
            "select motjuste.detach(%s::regclass, %s, %s)",
            [qualified(conn, place.relation), place.column, place.json_key],
        ).fetchall()
    return int(waited)


def grant(conn: Connection, role: str, *, officer: bool = False) -> None:
    """Let a role read findings and counts; an officer's also keep the register and samples. Raises DatabaseError without such a role."""
    require(conn)
    with conn.transaction():
        act_as_owner(conn)
        conn.execute(
            "select motjuste.grant_officer(%s)" if officer else "select motjuste.grant_reader(%s)", [role]
        )


def revoke(conn: Connection, role: str) -> None:
    """Take back what `grant` gave."""
    require(conn)
    with conn.transaction():
        act_as_owner(conn)
        conn.execute("select motjuste.revoke_reader(%s)", [role])


def watched(conn: Connection) -> list[Place]:
    """The columns that are watched now."""
    rows = conn.execute(assets.query("watched.sql")).fetchall()
    return [Place(relation, column, json_key) for relation, column, json_key, _ in rows]


def modes(conn: Connection) -> dict[Place, str]:
    """The mode of each column that is watched now."""
    with conn.transaction():
        act_as_owner(conn)
        rows = conn.execute(assets.query("watched.sql")).fetchall()
    return {Place(relation, column, json_key): mode for relation, column, json_key, mode in rows}


def comment(conn: Connection, place: Place) -> str:
    """What COMMENT says of a column, '' where it says nothing."""
    row = conn.execute(
        assets.query("column_comment.sql"),
        {"relation": qualified(conn, place.relation), "column": place.column},
    ).fetchone()
    return row[0] if row else ""


def comment_statement(place: Place, text: str) -> str:
    """The SQL that makes a text the comment of a column."""
    return (
        sql.SQL("comment on column {}.{} is {};")
        .format(sql.SQL(place.relation), sql.Identifier(place.column), sql.Literal(text))
        .as_string(None)
    )
