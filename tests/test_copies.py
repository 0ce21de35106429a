"""What else holds the text of a note: told before anything is written, redacted or made again by the plan, and verified."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import Cluster
from flow import BAD, GOOD, Bench

pytestmark = pytest.mark.first_server  # says nothing of a server's version

SURROUNDINGS = """
create schema crm;
create table crm.client (
    id int primary key, note text, words tsvector, short text generated always as (left(note, 10)) stored
);
create index client_note on crm.client (md5(note));
create table crm.client_history (id bigint generated always as identity, client int, note text, at timestamptz default now());
create table crm.audit_log (id bigint generated always as identity primary key, op text, old_row jsonb);
create table crm.audit_trail (id bigint generated always as identity primary key, change json);
create table crm.letter (id int primary key, note text);
create view crm.recent as select id, note from crm.client where id > 0;
create materialized view crm.summary as select id, note as said from crm.recent;
create unique index on crm.summary (id);
create materialized view crm.an_extract as select said from crm.summary where id < 9;
create materialized view crm.ids as select id from crm.client;
create function crm.keep() returns trigger language plpgsql as $$
begin
    insert into crm.client_history (client, note) values (old.id, old.note);
    insert into crm.audit_log (op, old_row) values (tg_op, to_jsonb(old));
    insert into crm.audit_trail (change) values
        (json_build_object('before', to_json(old), 'changed', json_build_object('note', json_build_array(old.note, new.note, 1.50))));
    return new;
end
$$;
create trigger keep before update on crm.client for each row execute function crm.keep();
create publication news for table crm.client;
"""


@pytest.fixture
def crm(bench: Bench) -> Bench:
    """Forty clients with the same bad note, in a table with a history, an audit trail and materialized views."""
    bench.conn.execute(SURROUNDINGS.encode())
    bench.conn.execute(
        "insert into crm.client (id, note) select i, %s from generate_series(1, 40) as i", [BAD]
    )
    bench.conn.execute("insert into crm.client_history (client, note) values (1, %s), (1, 'autre')", [BAD])
    bench.conn.execute("insert into crm.letter values (1, %s)", [BAD])
    bench.conn.execute(
        "insert into crm.audit_trail (change) values ('{}'), ('[]'), (null), (json_build_array(json_build_object('x', %s::text)))",
        [BAD],
    )
    bench.conn.execute(
        "refresh materialized view crm.summary; refresh materialized view crm.an_extract; analyze"
    )
    bench.run("scan", "crm.client.note")
    assert bench.review("--accept-all").code == 0
    return bench


def plan(crm: Bench, *options: str) -> str:
    ran = crm.run("migrate", "plan", str(crm.decisions), "--output", str(crm.plan_folder), *options)
    assert ran.code == 0, ran.output
    return " ".join(ran.output.split())


def test_all_that_holds_the_text_is_told(crm: Bench) -> None:
    said = plan(crm)
    for line in (
        "trigger keep on crm.client reads the old row, and may keep it look at its function crm.keep()",
        "materialized view crm.summary keeps the text until it is refreshed the plan refreshes it",
        "generated column crm.client.short computed from the text the update computes it again",
        "text search crm.client.words may hold the words of the text",
        "index crm.client_note keeps dead entries until VACUUM",
        "statistics pg_stats of crm.client",
        "publication news",
        "copy crm.client_history.note holds the same notes; a trigger adds to it (1 row(s) now) left to you",
        "copy crm.audit_log.old_row holds the same notes; a trigger adds to it (0 row(s) now) left to you",
        "copy crm.audit_trail.change holds the same notes; a trigger adds to it (1 row(s) now) left to you",
        "copy crm.letter.note holds the same notes (1 row(s) now) left to you",
        "WAL, dumps and backups",
    ):
        assert line in said
    assert "crm.ids" not in said
    header = (crm.plan_folder / "deploy.sql").read_text().split("\\set")[0]
    assert "--   also holds the text: materialized view crm.summary: keeps the text" in header


def test_what_passes_is_told_and_in_no_file(crm: Bench) -> None:
    crm.conn.execute("select pg_create_physical_replication_slot('standby_of_redaction')")
    try:
        said = plan(crm)
    finally:
        crm.conn.execute("select pg_drop_replication_slot('standby_of_redaction')")
    assert "replication slot standby_of_redaction keeps the WAL, with the old text, until it is read" in said
    # the same decisions give the same bytes on another day
    files = {f: f.read_bytes() for f in crm.plan_folder.iterdir()}
    assert "replication slot" not in plan(crm)
    assert {f: f.read_bytes() for f in crm.plan_folder.iterdir()} == files


def test_what_the_plan_handles_is_gone_and_verified(crm: Bench) -> None:
    plan(crm, "--copies", "redact", "--batch", "15")
    before = crm.verify()
    assert before.code == 1
    for line in (
        "40 note(s) still hold what this plan redacts in crm.client.note",
        "1 copy(ies) of a reviewed note in crm.client_history.note",
        "40 copy(ies) of a reviewed note in crm.summary.said",
        "1 value(s) that the statistics (pg_stats) keep in crm.client.note",
    ):
        assert line in before.output
    ran = crm.apply()
    assert ran.code == 0, ran.output
    assert crm.column("select distinct note from crm.client") == [GOOD]
    assert crm.column("select distinct short from crm.client") == [GOOD[:10]]
    assert crm.column("select distinct said from crm.summary") == [GOOD]
    assert crm.column("select distinct said from crm.an_extract") == [GOOD]
    # the trigger wrote the old text while we redacted: it went too
    assert sorted(map(str, crm.column("select distinct note from crm.client_history"))) == [GOOD, "autre"]
    assert crm.one("select count(*) from crm.audit_log where old_row ->> 'note' = '" + GOOD + "'") == 40
    assert not crm.column("select 1 from crm.audit_trail where change::text like '%alcoolique%'")
    assert (
        crm.one(
            "select count(*) from crm.audit_trail where change -> 'changed' -> 'note' ->> 1 = '" + GOOD + "'"
        )
        == 40
    )
    assert (
        crm.one("select count(*) from crm.audit_trail where change -> 'changed' -> 'note' ->> 2 = '1.50'")
        == 40
    )
    assert crm.verify().code == 0
    crm.conn.execute(
        "update crm.audit_trail set change = json_build_array('x', %s::text) where id = 1", [BAD]
    )
    again = crm.verify()
    assert (again.code, "1 copy(ies) of a reviewed note in crm.audit_trail.change" in again.output) == (
        1,
        True,
    )
    stats = "select most_common_vals::text || coalesce(histogram_bounds::text, '') from pg_stats where schemaname = 'crm'"
    assert not [s for s in crm.column(stats) if s and "alcoolique" in str(s)]
    assert crm.one("select note from crm.letter") == GOOD


def test_a_copy_in_a_document_without_bottom_ends_no_redaction(crm: Bench) -> None:
    """It stays as it is, and is told: to go down there takes more than the server's stack."""
    deep = "[" * 3000 + f'"{BAD}"' + "]" * 3000
    crm.conn.execute("insert into crm.audit_trail (change) values (%s)", [deep])
    plan(crm, "--copies", "redact")
    ran = crm.apply()
    assert ran.code == 1 and "notes as they were: 1 row(s)" in ran.output
    assert crm.column("select distinct note from crm.client") == [GOOD]
    assert crm.one("select count(*) from crm.audit_trail where change::text like '%alcoolique%'") == 1
    verified = crm.verify()
    assert (
        verified.code == 1 and "1 copy(ies) of a reviewed note in crm.audit_trail.change" in verified.output
    )


def test_findings_of_a_copy_close_with_it(crm: Bench) -> None:
    crm.conn.execute("select motjuste.attach('crm.letter', 'note', 'block')")
    crm.run("scan", "crm.letter.note")
    assert crm.one("select status from motjuste.finding where relation = 'crm.letter'") == "open"
    plan(crm, "--copies", "redact")
    assert crm.apply().code == 0
    assert crm.one("select note from crm.letter") == GOOD
    assert crm.column("select distinct status from motjuste.finding where relation = 'crm.letter'") == [
        "corrected"
    ]


def test_findings_of_a_copy_that_changed_stay_as_they_are(crm: Bench) -> None:
    crm.conn.execute(
        "insert into motjuste.finding"
        " (relation, column_name, row_key, note_digest, rule_id, category, level, start, length, status)"
        " select 'crm.letter', 'note', '{\"id\": 1}', f.note_digest, f.rule_id, f.category, f.level, 20, 3, 'dismissed'"
        " from motjuste.finding as f limit 1"
    )
    dismissed = "select id, note_digest, start, status from motjuste.finding where relation = 'crm.letter'"
    known = crm.conn.execute(dismissed).fetchall()
    plan(crm, "--copies", "redact")
    crm.conn.execute("update crm.letter set note = 'autre'")
    assert crm.apply().code == 0
    assert crm.conn.execute(dismissed).fetchall() == known


def test_verify_sees_what_comes_back(crm: Bench) -> None:
    plan(crm, "--copies", "redact")
    assert crm.apply().code == 0
    crm.conn.execute("insert into crm.client_history (client, note) values (9, %s)", [BAD])
    assert "1 copy(ies) of a reviewed note in crm.client_history.note" in crm.verify().output
    crm.conn.execute("delete from crm.client_history where client = 9")
    crm.conn.execute("alter table crm.client disable trigger keep")
    crm.conn.execute("update crm.client set note = %s where id = 7", [BAD])
    ran = crm.verify()
    assert ran.code == 1
    assert 'first: crm.client.note {"id": 7}' in ran.output


def test_copies_are_looked_for_everywhere_or_nowhere(crm: Bench, tmp_path: Path) -> None:
    crm.conn.execute("create table crm.odd (id int, body varchar(80))")
    crm.conn.execute("insert into crm.odd values (1, %s)", [BAD])
    assert "crm.odd" not in plan(crm)
    everywhere = crm.run(
        "migrate", "plan", str(crm.decisions), "--output", str(tmp_path / "all"), "--everywhere"
    )
    assert "crm.odd.body" in everywhere.output
    nowhere = crm.run(
        "migrate", "plan", str(crm.decisions), "--output", str(tmp_path / "no"), "--copies", "no"
    )
    assert "copy " not in nowhere.output
    assert "crm.summary" in nowhere.output


def test_a_table_of_any_name_stands_in_no_plan_s_way(client: Bench) -> None:
    """What a trigger fills is told by the table's name in its function: a name is no pattern, and our functions fill nothing."""
    client.conn.execute("""
        create table "a(b[*\\" (id int primary key, note text, doc jsonb);
        create table client_log (id int primary key, doc jsonb);
        create table enfant (extra text) inherits (client);
        create function keep() returns trigger language plpgsql as 'begin insert into "a(b[*\\" values (1, old.note); end';
        create trigger keep after delete on client for each row execute function keep();
        select motjuste.attach('client', 'note');
    """)
    client.run("scan", "public.client.note")
    assert client.review("--accept-all").code == 0
    told = plan(client)
    assert told.count("a trigger adds to it") == 2 and "client_log" not in told and "enfant" not in told


# -- what triggers copy while the notes are redacted ---------------------------------------------------------

# by a name that no reading of the function finds: written into a column of each kind
DYNAMIC = """
create table client_past (id bigint generated always as identity primary key, said {kind});
create function keep() returns trigger language plpgsql as $$
begin
    begin
        execute format('insert into %I.%I (said) values ({value})', tg_table_schema, tg_table_name || '_past') using old.note;
    exception when division_by_zero then null;  -- a savepoint, as careful triggers have
    end;
    return null;
end
$$;
create trigger keep after update on client for each row execute function keep();
"""
KINDS = [
    ("varchar(400)", "$1"), ("char(60)", "$1"), ("text[]", "array[''x'', $1]"),
    ("jsonb", "jsonb_build_object(''before'', jsonb_build_array($1))"),
]  # fmt: skip


def redacted(client: Bench, *options: str) -> str:
    """The notes of `client` scanned, reviewed, redacted; what was said. The exit code is 1: there is something to see."""
    assert client.run("scan", "public.client.note").code == 1
    assert client.review("--accept-all").code == 0
    plan(client, "--copies", "tell", "--batch", "2", *options)
    done = client.apply()
    assert done.code == 1, done.output
    return done.output


def test_what_a_trigger_copies_into_a_watched_column_is_found_told_and_verified(client: Bench) -> None:
    client.conn.execute(DYNAMIC.format(kind="text", value="$1").encode())
    client.conn.execute("insert into client_past (said) values ('ancien')")
    client.conn.execute(
        "select motjuste.attach('client_past', 'said', 'flag'), motjuste.attach('client', 'note', 'block')"
    )
    assert "public.client_past.said {}: a trigger copied notes as they were: 3 row(s)" in redacted(client)
    assert client.column("select note from client order by id") == [GOOD] * 4
    found = "select row_key ->> 'id' from motjuste.finding where relation = 'public.client_past' and status = 'open' order by 1"
    assert client.column(found) == ["2", "3", "4"]
    assert client.column("select distinct relation from motjuste.bypass") == ["public.client"]
    ran = client.verify()
    assert ran.code == 1 and "3 copy(ies) of a reviewed note in public.client_past.said" in ran.output
    # the way out: what was found there is reviewed and redacted like any other note
    again = ["--decisions", "past.jsonl"]
    assert client.run("review", "--accept-all", *again).code == 0
    assert client.run("migrate", "plan", "past.jsonl", "--output", "past").code == 0
    done = client.run("migrate", "apply", "past", "--yes")
    assert done.code == 0, done.output
    assert client.verify().code == 0
    assert client.run("migrate", "verify", "past").code == 0


@pytest.mark.parametrize(("kind", "value"), KINDS)
def test_what_a_trigger_copies_anywhere_is_told_and_verified(client: Bench, kind: str, value: str) -> None:
    client.conn.execute(DYNAMIC.format(kind=kind, value=value).encode())
    assert "public.client_past.said {}: a trigger copied notes as they were: 3 row(s)" in redacted(client)
    ran = client.verify()
    assert ran.code == 1 and "3 copy(ies) of a reviewed note in public.client_past.said" in ran.output
    assert client.apply().code == 1, "nothing left to redact, and still there"
    client.conn.execute("delete from client_past")
    assert client.apply().code == 0
    assert client.verify().code == 0


def test_versions_kept_in_the_same_table_are_told(client: Bench) -> None:
    client.conn.execute(b"""
        create function keep() returns trigger language plpgsql as $$
        begin insert into client (id, note) values (old.id + 100, old.note); return null; end $$;
        create trigger keep after update on client for each row execute function keep();
    """)
    assert "public.client.note {}: a trigger copied notes as they were: 3 row(s)" in redacted(client)
    assert client.verify().code == 1
    client.conn.execute("delete from client where id > 100; analyze client")
    assert client.verify().code == 0


def test_in_one_transaction_and_with_another_runner_too(client: Bench, cluster: Cluster) -> None:
    client.conn.execute(DYNAMIC.format(kind="text", value="$1").encode())
    assert client.run("scan", "public.client.note").code == 1
    assert client.review("--accept-all").code == 0
    plan(client, "--copies", "tell", "--batch", "0")
    dry = client.apply("--dry-run")
    assert "a trigger copied notes as they were: 3 row(s)" in dry.output
    assert (
        client.one("select count(*) from client_past")
        == 0
        == client.one("select count(*) from motjuste.written")
    )
    psql = [cluster.server.bin_dir / "psql", "-X", "-q", "-d", client.dsn, "-f"]
    done = subprocess.run([*psql, client.plan_folder / "deploy.sql"], capture_output=True, text=True)
    assert done.returncode == 0
    assert (
        "WARNING:  public.client_past.said: a trigger copied notes as they were here: 3 row(s)" in done.stderr
    )
    done = subprocess.run([*psql, client.plan_folder / "verify.sql"], capture_output=True, text=True)
    assert done.returncode != 0 and "3 copy(ies) of a reviewed note in public.client_past.said" in done.stderr
    assert "alcoolique" not in done.stderr


def test_a_history_that_refuses_what_it_would_keep_stops_the_redaction(client: Bench) -> None:
    """The bypass covers the redaction's own writes; what its triggers write is refused as from anybody."""
    client.conn.execute(DYNAMIC.format(kind="text", value="$1").encode())
    client.conn.execute("select motjuste.attach('client_past', 'said', 'block')")
    assert client.run("scan", "public.client.note").code == 1
    assert client.review("--accept-all").code == 0
    plan(client, "--copies", "tell")
    done = client.apply()
    assert done.code == 2 and "client_past" in done.output
    assert client.one("select count(*) from client where note = '" + BAD + "'") == 3
    assert client.one("select count(*) from client_past") == 0
