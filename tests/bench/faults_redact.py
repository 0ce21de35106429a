"""What goes wrong while notes are redacted, and what it does to them: notes lost, wrongly changed, text leaked. One table."""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pyrage
from psycopg import sql
from sample import notes
from tabulate import tabulate

from motjuste import assets, server
from motjuste.db import connection, install
from motjuste.migration import decisions
from motjuste.notes import editing

MARK = "zqx"  # planted in every note, with the number of the note
MARKED = re.compile(rf"{MARK}\d+".encode(), re.IGNORECASE)
TABLE = "create table client (id int primary key, note text, other text)"
OURS = "application_name like 'motjuste%' and datname = current_database()"
LOGGED = ("-c log_statement=all", "-c log_min_duration_statement=0", "-c deadlock_timeout=300ms")
EDITED = "Un agent écrit."


@dataclass
class Row:
    """A line of the table: how often the fault struck, how often in the midst of the notes, what became of them."""

    fault: str
    times: int = 0
    midway: int = 0
    redacted: int = 0
    left: int = 0
    lost: int = 0
    wrong: int = 0


@dataclass
class Stage:
    """A server with a reviewed database, which each fault gets a copy of, and everything that was said meanwhile."""

    server: server.Server
    folder: Path
    rng: random.Random
    before: dict[int, str] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    said: list[bytes] = field(default_factory=list)
    name: str = "base"

    @property
    def changing(self) -> list[int]:
        """The numbers of the notes to redact, in order."""
        return [n for n, old in self.before.items() if self.after[n] != old]

    def dsn(self) -> str:
        return self.server.dsn(self.name)

    def start(self, *args: str, limit: int = 0, **env: str) -> subprocess.Popen[bytes]:
        """A motjuste command on the current database; `limit` is the size in bytes that its files may have."""
        small = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)) if limit else None
        return subprocess.Popen(
            [sys.executable, "-m", "motjuste", *args],
            cwd=self.folder, env={**os.environ, "MOTJUSTE_DSN": self.dsn(), **env},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=small,
        )  # fmt: skip

    def end(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Exit code and output of a command that was started."""
        output, _ = process.communicate(timeout=300)
        self.said.append(output)
        text = output.decode("utf-8", "replace")
        if "Traceback" in text:
            raise AssertionError(text)
        return process.returncode, text

    def run(self, *args: str, codes: tuple[int, ...] = (0,)) -> str:
        """The output of a command that must end with one of these codes."""
        code, text = self.end(self.start(*args))
        if code not in codes:
            raise AssertionError(f"{args}: exit code {code}\n{text}")
        return text

    def apply(self, plan: str, *options: str, **env: str) -> subprocess.Popen[bytes]:
        return self.start("migrate", "apply", plan, "--yes", "--pause", "0.01", *options, **env)

    @contextmanager
    def copy(self, name: str) -> Iterator[psycopg.Connection]:
        """A connection to a copy of the reviewed database, which the commands then work on."""
        self.admin("create database {} template base", name)
        self.name = name
        with psycopg.connect(self.dsn(), autocommit=True) as conn:
            yield conn
        self.admin("drop database {} with (force)", name)

    def admin(self, statement: str, name: str) -> None:
        """Create or drop a database."""
        with psycopg.connect(self.server.dsn(), autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]


def prepared(stage: Stage, rows: int) -> None:
    """Fill the base with notes at fault, a tenth of them compliant; scan, review and plan them."""
    stage.admin("create database {}", stage.name)
    with connection.connect(stage.dsn()) as conn:
        install.install(conn, assets.matcher())
        conn.execute("reset search_path")
        conn.execute(TABLE)
        texts = [marked(stage.rng, n, text) for n, text in enumerate(notes(rows, length=80, share=0.9))]
        with conn.cursor().copy("copy client from stdin") as stream:
            for n, text in enumerate(texts):
                stream.write_row((n, text, f"autre {n}"))
        conn.execute("analyze client")
        conn.execute("select motjuste.attach('client', 'note', 'block')")
        stage.before = dict(enumerate(texts))
    stage.run("scan", "public.client.note", codes=(1,))
    stage.run("review", "--accept-all", "--decisions", "decisions.jsonl", codes=(0, 1))
    text = (stage.folder / "decisions.jsonl").read_text(encoding="utf-8")
    edits = {d.row_key["id"]: d.edits for d in decisions.read(text, "decisions.jsonl")}
    stage.after = {n: editing.apply(old, edits.get(n, ())) for n, old in stage.before.items()}
    for plan, batch in (("batches", "20"), ("whole", "0")):
        stage.run("migrate", "plan", "decisions.jsonl", "--output", plan, "--batch", batch, "--no-vacuum")


def marked(rng: random.Random, number: int, note: str) -> str:
    """The note with a word of its own in three places."""
    words = note.split(" ")
    for _ in range(3):
        words.insert(rng.randrange(len(words) + 1), f"{MARK}{number}")
    return " ".join(words)


# -- what is counted ------------------------------------------------------------------------------------


def judge(
    stage: Stage, row: Row, conn: psycopg.Connection, others: dict[int, str | None], *, done: bool
) -> None:
    """Count what became of the notes: `others` maps rows to what another session made of them, None for deleted ones.

    Where not `done`, a note may also be as it was. A finding says `redacted` exactly where its note is.
    """
    now = {
        n: (note, other) for n, note, other in conn.execute("select id, note, other from client").fetchall()
    }
    row.redacted = row.left = 0
    for n, old in stage.before.items():
        if n not in now:
            row.lost += others.get(n, "") is not None
            continue
        note, other = now[n]
        allowed = {others[n]} if n in others else {stage.after[n]} | (set() if done else {old})
        row.wrong += note not in allowed or other != f"autre {n}"
        row.redacted += note == stage.after[n] != old
        row.left += n in others
    told = conn.execute(
        "select (row_key ->> 'id')::int, bool_and(status = 'redacted') from motjuste.finding"
        " where status in ('accepted', 'redacted') group by 1"
    ).fetchall()
    row.wrong += sum(
        closed != (now[n][0] == stage.after[n]) for n, closed in told if n in now and n not in others
    )


def finish(
    stage: Stage, row: Row, conn: psycopg.Connection, plan: str, others: dict[int, str | None]
) -> None:
    """Run the plan once more to its end, count, and verify."""
    stage.run("migrate", "apply", plan, "--yes", "--pause", "0", codes=(1,) if others else (0,))
    judge(stage, row, conn, others, done=True)
    stage.run("migrate", "verify", plan)
    kept = conn.execute(
        "select unnest(most_common_vals::text::text[]) from pg_stats where tablename = 'client' and attname = 'note' union "
        "select unnest(histogram_bounds::text::text[]) from pg_stats where tablename = 'client' and attname = 'note'"
    ).fetchall()
    live = {note for (note,) in conn.execute("select note from client").fetchall()}
    leaks = sum(value not in live for (value,) in kept)
    if leaks or not kept:
        raise AssertionError(
            f"{row.fault}: pg_stats keeps {leaks} of {len(kept)} values that no note has any more"
        )


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait, half a minute at most."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError(f"never: {what}")


def at_work(conn: psycopg.Connection) -> list[int]:
    """The server processes of our commands on this database."""
    query = f"select pid from pg_stat_activity where {OURS} and pid <> pg_backend_pid()"
    return [pid for (pid,) in conn.execute(query).fetchall()]


def waiting(conn: psycopg.Connection) -> bool:
    """Whether one of our commands waits for a lock."""
    [(count,)] = conn.execute(
        f"select count(*) from pg_stat_activity where {OURS} and wait_event_type = 'Lock'"
    ).fetchall()
    return bool(count)


# -- the faults -----------------------------------------------------------------------------------------


def lasting(stage: Stage, plan: str) -> float:
    """Seconds that the database sees of an application which nothing stops."""
    with stage.copy(f"timed_{plan}") as conn:
        process = stage.apply(plan)
        until(lambda: bool(at_work(conn)), "apply at work")
        begun = time.perf_counter()
        code, _ = stage.end(process)
        assert code == 0, plan
        return time.perf_counter() - begun


def killed(stage: Stage, plan: str, times: int) -> Row:
    """The command is killed at random moments; what it left is looked at each time."""
    row = Row(f"kill -9 of apply, {plan}")
    within = lasting(stage, plan)
    copies = 0
    while row.times < times:
        copies += 1
        row.redacted = 0
        with stage.copy(f"killed_{plan}_{copies}") as conn:
            while row.times < times:
                process = stage.apply(plan)
                until(lambda conn=conn: bool(at_work(conn)), "apply at work")  # type: ignore[misc]
                time.sleep(stage.rng.random() * within)
                process.send_signal(signal.SIGKILL)
                code, _ = stage.end(process)
                until(lambda conn=conn: not at_work(conn), "apply gone")  # type: ignore[misc]
                row.times += code == -signal.SIGKILL
                before = row.redacted
                judge(stage, row, conn, {}, done=False)
                row.midway += before < row.redacted < len(stage.changing)
                if row.redacted == len(stage.changing):
                    break
            finish(stage, row, conn, plan, {})
    return row


def restarted(stage: Stage, mode: str, times: int) -> Row:
    """The server stops and starts again while notes are redacted."""
    row = Row(f"server restart ({mode})")
    with stage.copy(f"restarted_{mode}"):
        dsn = stage.dsn()
        for _ in range(times):
            process = stage.apply("batches")
            with psycopg.connect(dsn, autocommit=True) as watch:
                until(lambda watch=watch: bool(at_work(watch)), "apply at work")  # type: ignore[misc]
            time.sleep(stage.rng.random() * 0.3)
            server.restart(stage.server, mode)
            code, _ = stage.end(process)
            row.times += code == 2
            before = row.redacted
            with psycopg.connect(dsn, autocommit=True) as watch:
                judge(stage, row, watch, {}, done=False)
            row.midway += before < row.redacted < len(stage.changing)
        with psycopg.connect(dsn, autocommit=True) as watch:
            finish(stage, row, watch, "batches", {})
    return row


def locked(stage: Stage, fault: str, lock_timeout: str, isolation: str, times: int) -> Row:
    """Another session holds a note for a while, and changes it."""
    row = Row(fault)
    options = "-c default_transaction_isolation=" + isolation.replace(" ", "\\ ")
    for turn in range(times):
        with stage.copy(f"locked_{turn}") as conn, psycopg.connect(stage.dsn()) as other:
            n = stage.rng.choice(stage.changing)
            other.execute("update client set note = %s where id = %s", [EDITED, n])
            process = stage.apply("batches", "--lock-timeout", lock_timeout, PGOPTIONS=options)
            until(lambda conn=conn: waiting(conn), "apply waits")  # type: ignore[misc]
            if isolation == "read committed":
                until(lambda conn=conn: not waiting(conn), "apply gives way")  # type: ignore[misc]
            other.commit()
            code, text = stage.end(process)
            assert code == 1, text
            row.times += "tried again" in text
            finish(stage, row, conn, "batches", {n: EDITED})
    return row


def deadlocked(stage: Stage, times: int) -> Row:
    """Another session takes two notes of a batch the other way round."""
    row = Row("deadlock")
    for turn in range(times):
        with stage.copy(f"deadlocked_{turn}") as conn, psycopg.connect(stage.dsn()) as other:
            first, second = stage.changing[100:102]
            other.execute("set deadlock_timeout = '10s'")
            other.execute("update client set other = other where id = %s", [second])
            process = stage.apply("batches", "--lock-timeout", "20s")
            until(lambda conn=conn: waiting(conn), "apply waits")  # type: ignore[misc]
            other.execute("update client set other = other where id = %s", [first])
            other.commit()
            code, text = stage.end(process)
            assert code == 0, text
            row.times += "tried again" in text
            finish(stage, row, conn, "batches", {})
    return row


def full(stage: Stage) -> Row:
    """The disk is full while the escrow is written: no plan and no escrow are left, and the next attempt gives both."""
    row = Row("disk full on the escrow")
    identity = pyrage.x25519.Identity.generate()
    until_day = str(date.today() + timedelta(days=30))
    planned = ["migrate", "plan", "decisions.jsonl", "--no-vacuum", "--escrow", str(identity.to_public())]
    planned += ["--escrow-until", until_day, "--name", "kept", "--output"]
    with stage.copy("full") as conn:
        small = stage.folder / "small"
        small.mkdir()
        [size] = [f.stat().st_size for f in (stage.folder / "whole").glob("deploy.sql")]
        room = 2 * size  # the plan fits, the escrow does not
        mounted = not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", small], capture_output=True
        ).returncode
        try:
            code, text = stage.end(stage.start(*planned, "small", limit=0 if mounted else size + 1))
            assert code == 2, text
            assert ("No space left" if mounted else "File too large") in text, text
            assert not list(small.iterdir()), "something was left on the full disk"
            row.times += 1
        finally:
            if mounted:
                subprocess.run(["umount", small], check=True)
        judge(stage, row, conn, {}, done=False)
        stage.run(*planned, "kept")
        finish(stage, row, conn, "kept", {})
        # and the originals come back, to the last of them
        (stage.folder / "key.txt").write_text(str(identity))
        restored = ["migrate", "restore", "kept/escrow-kept.age", "--identity", "key.txt", "--all", "--yes"]
        stage.run(*restored)
        after, stage.after = stage.after, stage.before
        judge(stage, row, conn, {}, done=True)
        stage.after = after
        row.redacted = len(stage.changing)
    return row


def edited(stage: Stage, plan: str) -> Row:
    """Meanwhile others edit 5 % of the notes, and delete 1 %."""
    row = Row(f"5 % edited, 1 % deleted meanwhile, {plan}")
    with stage.copy(f"edited_{plan}") as conn, psycopg.connect(stage.dsn(), autocommit=True) as other:
        others: dict[int, str | None] = {}
        chosen = stage.rng.sample(stage.changing, len(stage.before) * 6 // 100)
        process = stage.apply(plan)
        until(lambda: bool(at_work(conn)), "apply at work")
        for i, n in enumerate(chosen):
            if i % 6:
                other.execute("update client set note = %s where id = %s", [EDITED, n])
            else:
                other.execute("delete from client where id = %s", [n])
            others[n] = EDITED if i % 6 else None
            time.sleep(0.005)
        row.times = len(chosen)
        code, text = stage.end(process)
        assert code in (0, 1), text
        finish(stage, row, conn, plan, others)
    return row


def twice(stage: Stage) -> Row:
    """Two applications of one plan at once."""
    row = Row("two applications at once")
    with stage.copy("twice") as conn:
        processes = [stage.apply("batches") for _ in range(2)]
        for process in processes:
            code, text = stage.end(process)
            assert code == 0, text
        row.times = 1
        finish(stage, row, conn, "batches", {})
    return row


# -- what leaks -----------------------------------------------------------------------------------------


def leaks(stage: Stage) -> dict[str, int]:
    """How many planted words stand in what the commands said, in their files, and in the server's log."""
    files = [f for f in stage.folder.rglob("*") if f.is_file()]
    log = (stage.server.folder / "log").read_bytes()
    assert b"update public.client as t" in log, "the server logged no statement"
    return {
        f"{len(stage.said)} outputs": sum(len(MARKED.findall(text)) for text in stage.said),
        f"{len(files)} files": sum(len(MARKED.findall(f.read_bytes())) for f in files),
        f"server log, {len(log) // 1000} kB": len(MARKED.findall(log)),
    }


def main() -> None:
    """Print the table; exit code 1 where anything was lost, wrongly changed or leaked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=6)
    args = parser.parse_args()
    # fsync stays on: a crash has to be survived
    with server.run(settings=LOGGED) as running, tempfile.TemporaryDirectory() as name:
        stage = Stage(running, Path(name), random.Random(args.seed))
        prepared(stage, args.rows)
        faults: tuple[Callable[[], Row], ...] = (
            lambda: killed(stage, "batches", args.kills),
            lambda: killed(stage, "whole", args.kills),
            lambda: restarted(stage, "fast", 3),
            lambda: restarted(stage, "immediate", 3),
            lambda: locked(stage, "lock timeout", "100ms", "read committed", 3),
            lambda: locked(stage, "serialization failure", "20s", "repeatable read", 3),
            lambda: locked(stage, "serialization failure", "20s", "serializable", 3),
            lambda: deadlocked(stage, 3),
            lambda: full(stage),
            lambda: edited(stage, "batches"),
            lambda: edited(stage, "whole"),
            lambda: twice(stage),
        )
        rows = []
        for fault in faults:
            rows.append(row := fault())
            print(f"{row.fault}: done", file=sys.stderr, flush=True)
        found = leaks(stage)
    print(f"{len(stage.before)} notes, {len(stage.changing)} to redact\n")
    print(tabulate([vars(r) for r in rows], headers="keys"))
    print("\nplanted words in " + ", ".join(f"{what}: {count}" for what, count in found.items()))
    print("in pg_stats, after each: none but of notes as they stand")
    sys.exit(any(r.lost or r.wrong for r in rows) or any(found.values()))


if __name__ == "__main__":
    main()
