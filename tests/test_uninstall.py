"""`motjuste uninstall` says all that goes, and keeps what it is asked to before anything goes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from flow import BAD, Bench
from motjuste.db import install, watching
from motjuste.scanning.scan import Place

pytestmark = pytest.mark.few_rules


@pytest.fixture
def kept(client: Bench) -> Bench:
    """A database with findings, decisions, a request, an officer."""
    watching.attach(client.conn, Place("public.client", "note"), "flag")
    client.conn.execute("insert into public.client select i, %s from generate_series(11, 14) as i", [BAD])
    client.conn.execute(
        "update motjuste.finding set status = 'dismissed', decided_at = now(), decided_by = 'zoé' where row_key ->> 'id' = '11'"
    )
    assert client.run("access", "receive", "--subject", "public.client=1").code == 0
    client.conn.execute("drop role if exists dpo; create role dpo")
    watching.grant(client.conn, "dpo", officer=True)
    return client


def test_it_says_all_that_goes(kept: Bench) -> None:
    dry = kept.run("uninstall", "--dry-run")
    assert dry.code == 0 and install.is_installed(kept.conn)
    for line in (
        "trigger(s) on public.client", "1 watched column(s)", "4 finding(s), 1 of them decided", "1 request(s) for access in the register, 1 not answered",
        "1 role(s) with rights on motjuste: dpo", "1 key of the digests", "--export FILE writes it first",
    ):  # fmt: skip
        assert line in dry.output, dry.output
    asked = kept.run("uninstall", keys="n\n")
    assert asked.code == 1 and "1 request(s) for access" in asked.output and install.is_installed(kept.conn)
    # whatever table has rows is named, also one that came later
    kept.conn.execute("create table motjuste.later (x int); insert into motjuste.later values (1), (2)")
    assert "goes: 2 row(s) of motjuste.later" in kept.run("uninstall", "--dry-run").output


@pytest.mark.parametrize("decisions", [True, False])
def test_the_register_is_written_before_it_goes(kept: Bench, decisions: bool) -> None:
    [(request,)] = kept.conn.execute("select to_jsonb(r) from motjuste.request as r").fetchall()
    ran = kept.run("uninstall", "--yes", "--export", "register.jsonl", *["--decisions"] * decisions)
    assert ran.code == 0, ran.output
    assert not install.is_installed(kept.conn)
    rows = [json.loads(line) for line in Path("register.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == {"table": "request"} | request
    told = [(r["table"], r["status"], r["decided_by"]) for r in rows[1:]]
    assert told == ([("finding", "dismissed", "zoé")] if decisions else [])
    assert stat.S_IMODE(Path("register.jsonl").stat().st_mode) == 0o600
    assert "(exported first)" in ran.output and "--export FILE" not in ran.output


@pytest.mark.first_server
def test_nothing_goes_where_the_export_fails(kept: Bench) -> None:
    Path("taken").write_text("of somebody", encoding="utf-8")
    Path("link").symlink_to("/dev/full")
    for file in ("taken", "nowhere/register", "link", "/dev/full"):
        ran = kept.run("uninstall", "--yes", "--export", file)
        assert ran.code == 2, (file, ran.output)
        assert "no longer watched" not in ran.output
        [(triggers, requests)] = kept.conn.execute(
            "select (select count(*) from pg_trigger where tgrelid = 'public.client'::regclass), (select count(*) from motjuste.request)"
        ).fetchall()
        assert triggers > 0 and requests == 1
    assert Path("taken").read_text(encoding="utf-8") == "of somebody"
    assert kept.run("uninstall", "--yes", "--decisions").code == 2


@pytest.mark.first_server
def test_standard_output_takes_the_export_alone(kept: Bench) -> None:
    from click.testing import CliRunner

    from motjuste.cli.main import motjuste

    done = CliRunner().invoke(
        motjuste, ["uninstall", "--yes", "--export", "-"], env={"MOTJUSTE_DSN": kept.dsn}
    )
    assert done.exit_code == 0
    assert [json.loads(line)["table"] for line in done.stdout.splitlines()] == ["request"]
    assert "removed" in done.stderr
