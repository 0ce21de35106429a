"""Applying a large plan while the world goes on: kills, crashes, locks, edits; and no text left anywhere."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from conftest import Cluster
from flow import GOOD, Bench, Ran, wait_until
from motjuste.db import connection
from motjuste.migration import decisions
from motjuste.model import Decision, Edit, Verdict
from motjuste.notes import editing
from motjuste.notes.digest import note_digest

ROWS = 120
MARKER = "ZORGLUB"
# what goes holds the marker; what stays does not
NOTE = f"Client alcoolique {MARKER}. {GOOD}"


@pytest.fixture
def many(bench: Bench) -> Bench:
    """A watched table of 120 bad notes, reviewed and planned in batches of ten."""
    bench.conn.execute("create table client (id int primary key, note text)")
    bench.conn.execute("insert into client select i, %s from generate_series(1, %s) as i", [NOTE, ROWS])
    bench.conn.execute("analyze client; select motjuste.attach('client', 'note', 'block')")
    bench.run("scan", "public.client.note")
    assert bench.review("--accept-all").code == 0
    planned = ["migrate", "plan", str(bench.decisions), "--output", str(bench.plan_folder)]
    assert bench.run(*planned, "--batch", "10", "--no-vacuum").code == 0
    return bench


PIECES = (
    "é",
    "e\u0301",
    "😀",
    "👩\u200d👩\u200d👧",
    "\r\n",
    "\u2028",
    "'",
    '"',
    "\\",
    "$1",
    "${x}",
    "@note@",
    "%s",
    "الع",
    " ",
    "mot",
    "\t",
)


def random_note(rng: random.Random, pieces: int) -> str:
    return "".join(rng.choice(PIECES) for _ in range(pieces))


def random_edits(rng: random.Random, text: str) -> tuple[Edit, ...]:
    """Edits anywhere, some of nothing or by nothing, some side by side."""
    cuts = sorted(rng.sample(range(len(text) + 1), min(2 * rng.randint(1, 4), len(text) // 2 * 2)))
    return tuple(
        Edit(a, b - a, random_note(rng, rng.randint(0, 3)))
        for a, b in zip(cuts[::2], cuts[1::2], strict=True)
    )


def test_any_edits_of_any_text_are_exact_to_the_code_point(bench: Bench) -> None:
    rng = random.Random(1)
    texts = {i: random_note(rng, rng.randint(2, 60)) for i in range(60)} | {60: random_note(rng, 700_000)}
    assert len(texts[60].encode()) > 1_000_000
    bench.conn.execute("create table client (id int primary key, note text)")
    [(key,)] = bench.conn.execute("select key from motjuste.secret").fetchall()
    made = []
    for number, text in texts.items():
        edits = random_edits(rng, text)
        after = editing.apply(text, edits)
        verdict = Verdict("sante-alcool", 0, 1, "accept")
        before, then = note_digest(key, text).hex(), note_digest(key, after).hex()
        made.append(
            Decision("public.client", "note", "", {"id": number}, before, (verdict,), edits, "alice", then)
        )
        bench.conn.execute("insert into client values (%s, %s)", [number, text])
        bench.conn.execute(
            "insert into motjuste.finding (relation, column_name, row_key, note_digest, rule_id, category, level, start, length) "
            "values ('public.client', 'note', %s, %s, 'sante-alcool', 'sante', 'block', 0, 1)",
            [f'{{"id": {number}}}', bytes.fromhex(before)],
        )
    bench.decisions.write_bytes(decisions.write(made).encode())
    assert bench.run("decisions", "import", str(bench.decisions)).code == 0
    assert bench.plan().code == 0
    assert bench.apply().code == 0
    now = dict(bench.conn.execute("select id, note from client").fetchall())
    assert now == {d.row_key["id"]: editing.apply(texts[d.row_key["id"]], d.edits) for d in made}


def start(b: Bench, *options: str, **env: str) -> subprocess.Popen[str]:
    """`migrate apply` in a process of its own."""
    command = [sys.executable, "-m", "motjuste", "migrate", "apply", str(b.plan_folder), "--yes", *options]
    return subprocess.Popen(
        command,
        env={**os.environ, "MOTJUSTE_DSN": b.dsn, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def redacted(b: Bench) -> int:
    count = b.one(f"select count(*) from client where note = '{GOOD}'")
    assert isinstance(count, int)
    return count


def whole(b: Bench) -> None:
    """Every note is either as it was or as reviewed, and its finding says so."""
    odd = f"select count(*) from client where note not in ('{GOOD}', '{NOTE}')"
    assert b.one(odd) == 0
    assert b.one("select count(*) from client") == ROWS
    assert b.one("select count(*) from motjuste.finding where status = 'redacted'") == redacted(b)


def test_killed_at_any_moment_and_run_again_the_end_is_the_same(many: Bench) -> None:
    rng = random.Random(6)
    for _ in range(4):
        before = redacted(many)
        process = start(many, "--pause", "0.02")
        wait_until(lambda before=before: redacted(many) > before)  # type: ignore[misc]
        time.sleep(rng.random() / 20)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        # the server ends what it had begun for the process
        wait_until(
            lambda: (
                many.one(
                    "select count(*) from pg_stat_activity where application_name like 'motjuste%' and state <> 'idle'"
                )
                == 1
            )
        )
        whole(many)
    assert 0 < redacted(many) < ROWS
    ran = many.apply("--pause", "0")
    assert ran.code == 0
    # counted, and not listed one by one: what wants a look must be seen
    assert "already clean" in ran.output and ": already clean" not in ran.output
    assert redacted(many) == ROWS
    whole(many)
    assert many.verify().code == 0


def test_a_server_that_crashes_loses_nothing(many: Bench) -> None:
    many.conn.execute("checkpoint")  # the tests' servers do not wait for what they commit
    process = start(many, "--pause", "0.02")
    wait_until(lambda: redacted(many) > 0)
    pid = many.one(
        "select pid from pg_stat_activity where application_name like 'motjuste%' and pid <> pg_backend_pid() limit 1"
    )
    many.conn.close()
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)  # a backend killed: the server ends every session and recovers
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
    assert MARKER not in output
    for _ in range(100):
        try:
            many.conn = psycopg.connect(many.dsn, autocommit=True)
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    whole(many)
    assert many.apply("--pause", "0").code == 0
    assert redacted(many) == ROWS
    whole(many)
    many.conn.close()


def test_five_per_cent_edited_meanwhile_are_left_alone(many: Bench) -> None:
    rng = random.Random(5)
    edited = rng.sample(range(1, ROWS + 1), ROWS // 20)
    mine = {}
    process = start(many, "--pause", "0.02")
    with psycopg.connect(many.dsn, autocommit=True) as other:
        for number in edited:
            done = other.execute(
                "update client set note = 'Un agent écrit.' where id = %s and note like 'Client alc%%' returning id",
                [number],
            ).fetchone()
            mine[number] = bool(done)
            time.sleep(0.01)
    output, _ = process.communicate(timeout=60)
    first = {n for n, done in mine.items() if done}
    assert first
    assert process.returncode == 1
    for number in first:
        assert f'public.client.note {{"id": {number}}}: changed since review' in output
    assert many.column("select id from client where note = 'Un agent écrit.' order by id") == sorted(first)
    assert redacted(many) == ROWS - len(first)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_what_another_session_holds_is_tried_again(many: Bench, isolation: str) -> None:
    with psycopg.connect(many.dsn) as other:
        other.execute("update client set note = 'Un agent écrit.' where id = 7")
        options = f"-c default_transaction_isolation={isolation.replace(' ', chr(92) + ' ')}"
        lock = "100ms" if isolation == "read committed" else "20s"
        process = start(many, "--pause", "0", "--lock-timeout", lock, PGOPTIONS=options)
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        wait_until(lambda: many.one(waiting) == 1)
        if isolation == "read committed":
            wait_until(lambda: many.one(waiting) == 0)
        other.commit()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1, output
    assert "1 transaction(s) tried again" in output
    assert 'public.client.note {"id": 7}: changed since review' in output
    assert redacted(many) == ROWS - 1


def test_a_batch_gives_way_before_the_server_ends_who_waits_for_it(many: Bench) -> None:
    # a batch takes its notes in the order of the file: 100, 101 ...; the other session takes two the other way round
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    with psycopg.connect(many.dsn) as other:
        other.execute("set deadlock_timeout = '1ms'")  # who waits in a circle is ended at once
        other.execute("update client set id = id where id = 103")
        process = start(many, "--pause", "0", "--lock-timeout", "1h")
        wait_until(lambda: many.one(waiting) == 1)
        wait_until(lambda: many.one(waiting) == 0)
        other.execute("update client set id = id where id = 100")
        other.commit()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "1 transaction(s) tried again" in output
    assert redacted(many) == ROWS


def test_max_rows_and_dry_run_of_batches_change_nothing(many: Bench) -> None:
    ran = many.apply("--dry-run")
    assert ran.code == 0
    assert f"client.note redacted {ROWS}" in " ".join(ran.output.split())
    ran = many.apply("--max-rows", str(ROWS - 1))
    assert ran.code == 2
    assert "--max-rows" in ran.output
    assert redacted(many) == 0
    whole(many)
    assert many.apply("--max-rows", str(ROWS), "--pause", "0").code == 0
    assert redacted(many) == ROWS


def test_the_plan_of_another_database_is_refused(many: Bench, cluster: Cluster, tmp_path: Path) -> None:
    name = cluster.create("C", cluster.template("C"))
    other = cluster.server.dsn(name)
    with psycopg.connect(other, autocommit=True) as conn:
        conn.execute(
            "update motjuste.secret set key = sha256(key), inner_pad = sha256(inner_pad) || sha256(inner_pad)"
        )
        conn.execute("create table client (id int primary key, note text)")
    ran = many.run("migrate", "apply", str(many.plan_folder), "--yes", "--dsn", other)
    planned = many.run(
        "migrate", "plan", str(many.decisions), "--output", str(tmp_path / "x"), "--dsn", other
    )
    cluster.drop(name)
    assert "made on another database" in ran.output
    assert ran.code == 2
    assert ":1: no such finding in this database" in planned.output
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("trigger", [False, True])
def test_a_plan_with_a_wrong_digest_or_edit_changes_nothing(many: Bench, trigger: bool) -> None:
    if trigger:
        many.conn.execute(
            b"create function same() returns trigger language plpgsql as $$ begin return new; end $$;"
            b"create trigger same before update on client for each row execute function same()"
        )
    deploy = many.plan_folder / "deploy.sql"
    text = deploy.read_text()
    deploy.write_text(text.replace("[[0, ", "[[1, ", 1))
    ran = many.apply()
    assert ran.code == 2
    assert "the plan was altered" in ran.output
    whole(many)


def test_a_deploy_file_verifies_nothing_and_a_verify_file_redacts_nothing(many: Bench) -> None:
    deploy, verify = many.plan_folder / "deploy.sql", many.plan_folder / "verify.sql"
    ran = many.run("migrate", "verify", str(deploy))
    assert (ran.code, "deploy.sql verifies nothing" in ran.output) == (2, True)
    ran = many.run("migrate", "apply", str(verify), "--yes")
    assert (ran.code, "verify.sql redacts nothing" in ran.output) == (2, True)
    whole(many)


def test_no_text_in_the_server_s_log_its_statistics_or_any_file(many: Bench, cluster: Cluster) -> None:
    name = many.one("select current_database()")
    many.conn.execute(f"alter database {name} set log_statement = 'all'")
    many.conn.execute(f"alter database {name} set log_min_duration_statement = 0")
    log = cluster.server.folder / "log"
    log_start = log.stat().st_size
    assert MARKER in str(
        many.one(
            "select most_common_vals::text from pg_stats where tablename = 'client' and attname = 'note'"
        )
    )
    many.conn.execute("update client set note = 'autre' where id = 3")
    outputs: list[Ran] = [
        many.verify(),
        many.apply("--dry-run"),
        many.apply("--pause", "0"),
        many.apply("--pause", "0"),
        many.verify(),
    ]
    assert [o.code for o in outputs] == [1, 1, 1, 1, 0]
    assert not any(MARKER in o.output or "alcoolique" in o.output for o in outputs)
    with log.open("rb") as stream:
        stream.seek(log_start)
        said = stream.read().decode("utf-8", "replace")
    assert "update public.client as t" in said
    assert MARKER not in said
    for file in many.folder.rglob("*"):
        assert not file.is_file() or MARKER not in file.read_text()
    stats = (
        "select coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') from pg_stats"
    )
    assert not [v for v in many.column(stats) if MARKER in str(v)]


def test_our_own_triggers_neither_refuse_nor_flag_again(many: Bench) -> None:
    """A note of which one finding is dismissed would be refused by a trigger that blocks."""
    many.conn.execute(
        "alter table client disable trigger all; update client set note = 'Client alcoolique. Sa femme est dépressive. Rappeler.' where id = 5; alter table client enable trigger all"
    )
    many.run("scan", "public.client.note")
    keys = "a1\nd\ncité\n"
    with connection.connect(many.dsn) as conn:
        conn.execute("update motjuste.finding set status = 'dismissed' where row_key <> '{\"id\": 5}'")
    assert many.review(keys=keys).code == 0
    again = many.folder / "again"
    assert many.run("migrate", "plan", str(many.decisions), "--output", str(again)).code == 0
    ran = many.run("migrate", "apply", str(again), "--yes")
    assert many.one("select note from client where id = 5") == "Sa femme est dépressive. Rappeler."
    assert ran.code == 0
    assert (
        many.column(
            "select status from motjuste.finding where row_key = '{\"id\": 5}' order by rule_id, id"
        ).count("open")
        == 0
    )
    assert many.one("select count(*) from motjuste.bypass_role") == 0


def test_two_applications_at_once_do_each_note_once(many: Bench) -> None:
    processes = [start(many, "--pause", "0") for _ in range(2)]
    outputs = [p.communicate(timeout=90)[0] for p in processes]
    assert [p.returncode for p in processes] == [0, 0], outputs
    assert redacted(many) == ROWS
    whole(many)
