"""The model of the files equals the catalog of a server that ran them: hand-written histories, then random ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from conftest import Cluster
from ddl import History
from motjuste import assets, discovery
from motjuste.cli import migrations
from motjuste.db import catalog, shadow
from motjuste.db.connection import connect
from motjuste.schema_check import seen
from motjuste.schema_check.replay import PLATFORM, Replayed, Source, replay

pytestmark = pytest.mark.each_server

HISTORIES = Path(__file__).parent / "check" / "histories"
BUILTINS = assets.read("sql", "check", "builtins.tsv")


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[str]:
    """The DSN of a database like those that the command makes."""
    with shadow.throw_away(cluster.server.dsn(), "motjuste_check_test") as dsn:
        yield dsn


def roles(cluster: Cluster) -> set[str]:
    """The roles of a server."""
    with connect(cluster.server.dsn()) as conn:
        return {r[0] for r in conn.execute("select rolname from pg_roles")}


def differences(dsn: str, replayed: Replayed) -> list[str]:
    """Where the model and the database differ, and what the model did not understand."""
    with connect(dsn) as conn:
        rows = shadow.columns(conn)
    model = replayed.session.catalogue
    platform = {r.key for r in model.relations.values() if r.extension == PLATFORM}
    exact = seen.from_rows(r for r in rows if (r["schema"], r["table"]) not in platform)
    static = seen.from_catalogue(model)
    assert static
    found = [f"{d.label}: {d.what}" for d in seen.differences(static, exact)]
    return found + [f"{n.place.file}:{n.place.line}: {n.why}" for n in replayed.session.notes]


@pytest.mark.parametrize("folder", sorted(p.name for p in HISTORIES.iterdir()))
def test_histories(cluster: Cluster, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HISTORIES)
    before = roles(cluster)
    gathered = migrations.gather([folder])
    wrapped = gathered.tools != ["psql"]
    replayed = replay(
        gathered.sources,
        BUILTINS,
        platform=assets.read("sql", "check", "supabase.sql"),
        include=migrations.include,
        tools=gathered.tools,
        wrapped=wrapped,
    )
    with shadow.throw_away(cluster.server.dsn(), "motjuste_check_test", replayed.pieces) as dsn:
        assert shadow.apply(dsn, replayed.pieces, own_server=True, wrapped=wrapped) == []
        assert differences(dsn, replayed) == []
        assert_scored_as_discover_does(dsn, replayed)
    assert roles(cluster) == before  # what they name is made for them, and goes with them


def assert_scored_as_discover_does(dsn: str, replayed: Replayed) -> None:
    """Each text, list of texts and xml of a table has the score that `discover` gives it; jsonb it judges by its keys."""
    with connect(dsn) as conn:
        listed = catalog.columns(conn, everything=True)
    ours = {
        (s.column.schema, s.column.table, s.column.name): s
        for s in seen.from_catalogue(replayed.session.catalogue)
    }
    theirs = {(c.schema, c.table, c.name): discovery.score(c).score for c in listed if c.relkind in "rp"}
    for key, score in theirs.items():
        if key in ours:  # not of what a platform made
            assert (key, ours[key].column.score) == (key, score)
            assert ours[key].judged
    judged = {k for k, s in ours.items() if s.judged and s.column.kind != "jsonb"}
    assert judged <= theirs.keys()


def taken(dsn: str, seed: int, count: int) -> list[str]:
    """Of so many random statements those that the server takes, but what would add a column to a table that is not there, of which `check` warns."""
    history = History(seed)
    skipped: list[str] = []
    kept = ["create schema crm", 'create schema "Ünï"']
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.add_notice_handler(lambda d: skipped.append(d.message_primary or ""))
        for statement in kept:
            conn.execute(statement.encode())
        for _ in range(count):
            skipped.clear()
            statement = history.statement()
            inside = conn.info.transaction_status == TransactionStatus.INTRANS
            own = re.match("begin|commit|rollback", statement)
            if own and (statement == "begin") == inside:
                continue
            try:
                if inside and not own:
                    conn.execute("savepoint s")
                conn.execute(statement.encode())
            except psycopg.Error:
                if inside:
                    conn.execute("rollback to savepoint s")
            else:
                if not (
                    " add " in statement
                    and any(re.match("relation .* does not exist, skipping", said) for said in skipped)
                ):
                    kept.append(statement)
        if conn.info.transaction_status == TransactionStatus.INTRANS:
            conn.execute("commit")
            kept.append("commit")
    return kept


@pytest.mark.parametrize("seed", range(6))
def test_random_histories(fresh: str, seed: int) -> None:
    kept = taken(fresh, seed, 400)
    assert len(kept) > 30
    replayed = replay([Source("random.sql", "".join(f"{s};\n" for s in kept))], BUILTINS)
    # a block that handles that its table is not there yet is told of, and changes nothing
    told = "is in none of these files, a column is added to it"
    assert [d for d in differences(fresh, replayed) if told not in d] == []


def test_the_builtins_are_those_of_the_server(fresh: str) -> None:
    """What builtins.tsv says of a function or operator holds on each version, where the version has it."""
    ours = {
        tuple(line.split("\t")[:5])
        for line in BUILTINS.splitlines()
        if line[0] in "fo" and line[1:3] == "\t\t"
    }
    with connect(fresh) as conn:
        rows = [r[0].split("\t") for r in conn.execute(assets.query("builtins.sql").encode())]
    theirs = {tuple(r[:5]) for r in rows if r[0] in "fo" and not r[1]}
    assert len(ours & theirs) > 0.97 * len(theirs)
    results = {r[:3] + r[4:]: r[3] for r in ours if r[0] == "f"}
    differing = [r for r in theirs if r[0] == "f" and results.get(r[:3] + r[4:], r[3]) != r[3]]
    assert len(differing) < 5, differing
