"""What `grant --officer` gives is enough for what an officer does; what the tables' owners have to give is asked for, a line a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flow import BAD, Bench
from motjuste.db import watching
from motjuste.scanning.scan import Place

pytestmark = pytest.mark.few_rules

SCHEMA = """
    create schema crm;
    create table crm.client (id int primary key, agent text, note text, other text);
    create table crm.appel (jour date, note text); -- without a key
    drop role if exists dpo;
    create role dpo login;
"""
PLACES = ("crm.client.note", "crm.client.other", "crm.appel.note")
POLICY = '[[watch]]\ncolumn = "crm.client.note"\ndated = "jour"\n'


@pytest.fixture
def officer(bench: Bench) -> Iterator[Bench]:
    """The commands as the officer runs them; `conn` stays the owner's."""
    bench.conn.execute(SCHEMA)
    for place in PLACES:
        relation, _, column = place.rpartition(".")
        watching.attach(bench.conn, Place(relation, column), "flag")
    bench.conn.execute(
        "insert into crm.client select i, 'jean', %s, %s from generate_series(1, 300) as i", [BAD, BAD]
    )
    bench.conn.execute("insert into crm.appel values ('2026-01-02', %s)", [BAD])
    watching.grant(bench.conn, "dpo", officer=True)
    try:
        yield Bench(bench.dsn.replace("user=postgres", "user=dpo"), bench.folder, bench.conn)
    finally:
        bench.conn.execute("drop owned by dpo; drop role dpo")


def test_an_officer_needs_no_more_than_the_notes_themselves(officer: Bench) -> None:
    officer.conn.execute("grant usage on schema crm to dpo; grant select on all tables in schema crm to dpo")
    for code, *command in (
        (0, "status"),
        (0, "review", "stats"),
        (0, "review", "export", "sheet.csv", "--show-text"),
        (0, "review", "--relation", "crm.appel", "--accept-all"),
        (0, "review", "--relation", "crm.client", "--action", "dismiss", "--reason", "exemple"),
        (0, "review", "--relation", "crm.client", "--accept-all", "--redo", "--overrule"),
        (0, "report", "--output", "rapport.html"),
        (0, "sample", "--size", "2", "--seed", "1", "--output", "t.csv"),
        (0, "access", "--subject", "crm.client=1", "--output", "copie", "--leave", "crm.appel"),
        (0, "access", "register"),
        (0, "migrate", "plan", "--output", "plan", "--name", "p"),
        (1, "scan", "--output", "found.jsonl"),
    ):  # fmt: skip
        ran = officer.run(*command)
        assert ran.code == code and "permission denied" not in ran.output, (command, ran.output)
    left = officer.conn.execute("select distinct status from motjuste.finding").fetchall()
    assert left == [("accepted",)]


def test_what_an_owner_has_to_grant_is_asked_for_once_a_table(officer: Bench) -> None:
    asked = "ne peut pas lire crm.client ; à demander à son propriétaire : grant usage on schema crm to dpo; grant select on crm.client to dpo"
    ran = officer.run("review", "--accept-all", "--relation", "crm.client")
    assert ran.code == 1 and asked in ran.output and "600 constat(s) encore ouvert(s)" in ran.output, (
        ran.output
    )
    assert len(ran.output.splitlines()) <= 6, ran.output
    ran = officer.run("review", "export", "sheet.csv")
    assert ran.code == 2 and asked in ran.output and not Path("sheet.csv").exists()

    officer.conn.execute("grant usage on schema crm to dpo; grant select on crm.appel to dpo")
    officer.conn.execute("grant select (id, note) on crm.client to dpo")
    ran = officer.run("review", "--accept-all")
    assert ran.code == 1 and ran.output.count("ne peut pas lire") == 1, ran.output
    assert (
        "ne peut pas lire crm.client ; à demander à son propriétaire : grant select on crm.client to dpo"
        in ran.output
    )
    assert "300 constat(s) encore ouvert(s)" in ran.output
    count = "select count(*) from motjuste.finding where status = 'accepted'"
    assert officer.conn.execute(count).fetchone() == (301,)

    # what hides rows is no right to ask for
    officer.conn.execute(
        "grant select on crm.client to dpo; alter table crm.client enable row level security"
    )
    ran = officer.run("review", "--accept-all")
    assert ran.code == 1 and "row-level security" in ran.output and "grant select" not in ran.output
    assert ran.output.count("row-level security") <= 2, ran.output
    officer.conn.execute("alter table crm.client disable row level security")
    assert officer.run("review", "--accept-all").code == 0
