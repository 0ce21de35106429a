"""Reads the data of the report from the schema `motjuste` in one snapshot: counts, ages, coverage, logs. It reads no note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql
from psycopg.rows import TupleRow

from motjuste import assets, discovery
from motjuste.config import Config, Team, is_exempt, is_watched, watch
from motjuste.db import catalog, trust
from motjuste.db.connection import Connection
from motjuste.db.findings import relation_name
from motjuste.db.install import require
from motjuste.db.reading import is_strange, printed
from motjuste.db.states import readers
from motjuste.officer.evidence import (
    Count,
    Coverage,
    Evidence,
    Logged,
    Queue,
    Queued,
    Reader,
    Readers,
    Term,
    Undecided,
    Worker,
)


def read(conn: Connection, config: Config) -> Evidence:
    """The evidence of this database under this policy. Raises DatabaseError where motjuste is not installed.

    All is read in one snapshot, so that the figures of a report agree with each other.
    """
    require(conn)
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        name, at = conn.execute("select current_database()::text, now()").fetchall()[0]
        version, digest, installed = conn.execute(
            "select version, digest, installed_at from motjuste.pack where current"
        ).fetchall()[0]
        columns = discovery.rank(catalog.columns(conn, config.schemas))
        coverage = tuple(Coverage(*row) for row in _rows(conn, "report_coverage.sql"))
        watched = {c.column for c in coverage}
        undecided = (
            Undecided(label, c.score)
            for c in columns
            if (label := watch(c).label) not in watched
            and not is_watched(config, c)
            and not is_exempt(config, c)
        )
        return Evidence(
            database=name,
            at=at,
            pack_version=version,
            pack_digest=digest,
            installed_at=installed,
            coverage=coverage,
            undecided=tuple(undecided),
            exempt=config.exempts,
            counts=tuple(Count(*row) for row in _counts(conn, config.team)),
            ages=tuple(_rows(conn, "report_ages.sql")),
            bypasses=tuple(Logged(*row) for row in _rows(conn, "report_bypasses.sql")),
            failures=tuple(Logged(*row) for row in _rows(conn, "report_failures.sql")),
            readers=tuple(_readers(conn, coverage)),
            requests=tuple(Term(*row) for row in _rows(conn, "report_requests.sql")),
            queue=queue(conn),
        )


def queue(conn: Connection) -> Queue:
    """What waits to be read, and who reads it."""
    return Queue(
        tuple(Queued(*row) for row in _rows(conn, "waiting.sql")),
        tuple(Worker(*row) for row in _rows(conn, "workers.sql")),
    )


def _rows(conn: Connection, query: str) -> list[TupleRow]:
    return conn.execute(assets.query(query).encode()).fetchall()


def _readers(conn: Connection, coverage: Sequence[Coverage]) -> Iterator[Readers]:
    """Who can read each watched column, superusers left out."""
    by_column = {place.label: found for place, found in readers(conn).items()}
    for c in coverage:
        roles = [r for r in by_column.get(c.column, ()) if r.via != "superuser"]
        yield Readers(c.column, tuple(Reader(r.role, r.via, r.login) for r in roles))


def _counts(conn: Connection, team: Team | None) -> list[TupleRow]:
    named, join = team_of(conn, team, sql.SQL("f.author"))
    query = sql.SQL(assets.query("report_counts.sql"))
    return conn.execute(query.format(team=named, join=join)).fetchall()


def team_of(
    conn: Connection, team: Team | None, author: sql.Composable
) -> tuple[sql.Composable, sql.Composable]:
    """(the expression of the team of an author, the join that it needs); null and nothing where none is declared.

    Raises ConfigError where the declared table does not exist.
    """
    if team is None:
        return sql.SQL("null::text"), sql.SQL("")
    named = relation_name(conn, team.relation)
    trust.require_read(conn, named)
    relation = sql.SQL(named)
    login, name = (
        printed(sql.Identifier(c), strange=is_strange(conn, named, c)) for c in (team.author, team.name)
    )
    join = sql.SQL(
        "left join (select {0} as login, min({1}) as team from {2} group by 1) as team on team.login = {3}"
    )
    return sql.SQL("team.team"), join.format(login, name, relation, author)
