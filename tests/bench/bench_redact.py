"""Applying reviewed edits over a bare UPDATE ... FROM (VALUES ...) of the same rows and texts; and what planning takes.

`bare` writes its statements and sends them; `bare, sent` is the sending alone. `guarded` is the least that a redaction can
do: the bare statement that also asks for the digest of the note before and after, without edits, outcomes or findings.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from sample import notes

from motjuste import assets, server
from motjuste.db import connection, install
from motjuste.migration import decisions
from motjuste.model import Decision, Finding, Verdict
from motjuste.notes import editing
from motjuste.notes.digest import note_digest

TABLE = "create table client (id int primary key, note text)"
MARK = "Client alcoolique, rappeler lundi. "


def load(conn: psycopg.Connection, texts: list[str]) -> None:
    """Put the notes back as they were before any redaction."""
    conn.execute("drop table if exists client")
    conn.execute(TABLE)
    with conn.cursor().copy("copy client from stdin") as stream:
        for n, text in enumerate(texts):
            stream.write_row((n, text))
    conn.execute("vacuum analyze client")
    conn.execute("checkpoint")


def record(conn: psycopg.Connection, found: list[Finding]) -> None:
    """The findings that a scan and a review would have left."""
    conn.execute("truncate motjuste.finding")
    names = "relation, column_name, row_key, note_digest, rule_id, category, level, start, length, status"
    with conn.cursor().copy(f"copy motjuste.finding ({names}) from stdin") as stream:
        for f in found:
            key = f'{{"id": {f.row_key["id"]}}}'
            digest = f"\\x{f.note_digest}"
            stream.write_row(
                (
                    f.relation,
                    f.column,
                    key,
                    digest,
                    f.rule,
                    f.category,
                    f.level,
                    f.start,
                    f.length,
                    "accepted",
                )
            )
    conn.execute("vacuum analyze motjuste.finding")


BARE = "update client as t set note = v.note from (values {}) as v (id, note) where t.id = v.id"
GUARDED = """
with done as (
    update client as t set note = v.note
    from (values {}) as v (id, note, before, after)
    cross join motjuste.secret as k
    where t.id = v.id
        and sha256(k.outer_pad || sha256(k.inner_pad || convert_to(t.note, 'UTF8'))) = v.before
    returning sha256(k.outer_pad || sha256(k.inner_pad || convert_to(t.note, 'UTF8'))) = v.after as exact
)
select count(*) filter (where exact) from done
"""


class Cost(NamedTuple):
    """What a step took: seconds by the clock, seconds of its processor and of the server's, its largest memory in MB."""

    wall: float
    cpu: float = 0
    server: float = 0
    peak: float = 0


def server_cpu(conn: psycopg.Connection) -> float:
    """Seconds of processor that all processes of the server took so far, those that ended too: other load changes it little."""

    def ticks(stat: Path) -> list[int]:
        return [int(n) for n in stat.read_text().rsplit(")", 1)[1].split()[1:15]]

    postmaster = ticks(Path(f"/proc/{conn.info.backend_pid}/stat"))[0]
    total = sum(ticks(Path(f"/proc/{postmaster}/stat"))[10:14])
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found = ticks(stat)
            total += sum(found[10:12]) if found[0] == postmaster else 0
    return total / os.sysconf("SC_CLK_TCK")


def bare(
    conn: psycopg.Connection, statement: str, rows: list[tuple[Any, ...]], batch: int
) -> tuple[Cost, Cost]:
    """What the plain update takes, by batches each committed: all of it, and without writing the statements."""
    begun, cpu, served = time.perf_counter(), time.process_time(), server_cpu(conn)
    sending = 0.0
    row = sql.SQL("(" + ", ".join(["{}"] * len(rows[0])) + ")")
    for i in range(0, len(rows), batch):
        some = rows[i : i + batch]
        values = sql.SQL(", ").join(row.format(*map(sql.Literal, values)) for values in some)
        said = sql.SQL(statement).format(values).as_bytes(conn)
        sent = time.perf_counter()
        done = conn.execute(said)
        assert done.description is None or done.fetchall() == [(len(some),)]
        sending += time.perf_counter() - sent
    took = time.perf_counter() - begun
    served = server_cpu(conn) - served
    return Cost(took, time.process_time() - cpu, served), Cost(sending, server=served)


def command(conn: psycopg.Connection, folder: Path, dsn: str, *args: str) -> Cost:
    """What a motjuste command takes, process start and all."""
    begun, served = time.perf_counter(), server_cpu(conn)
    process = subprocess.Popen(
        [sys.executable, "-m", "motjuste", *args],
        cwd=folder,
        env={**os.environ, "MOTJUSTE_DSN": dsn},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak, pid = 0.0, 0
    while not pid:
        time.sleep(0.02)
        # what wait4 tells of memory begins with that of this process, which it was forked from
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = max([peak, *(int(kb) / 1024 for kb in re.findall(r"VmHWM:\s+(\d+)", status))])
        pid, code, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode == 0, args
    wall = time.perf_counter() - begun
    return Cost(wall, used.ru_utime + used.ru_stime, server_cpu(conn) - served, peak)


def median(costs: list[Cost]) -> Cost:
    """The middle of each figure."""
    return Cost(*(statistics.median(c[i] for c in costs) for i in range(len(Cost._fields))))


def main() -> None:
    """Print the seconds and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--unrecorded", action="store_true", help="no findings in motjuste.finding to close")
    args = parser.parse_args()
    pack = assets.pack()
    match = assets.matcher().with_pack(pack).find(MARK)[0]
    with (
        server.run(settings=("-c max_wal_size=8GB",)) as running,
        connection.connect(running.dsn()) as conn,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        install.install(conn, assets.matcher().with_pack(pack))
        conn.execute("reset search_path")
        [(key,)] = conn.execute("select key from motjuste.secret").fetchall()
        texts = [f"{MARK}{n} {text}" for n, text in enumerate(notes(args.rows, length=260, share=0))]
        after = [f"Rappeler lundi. {text.removeprefix(MARK)}" for text in texts]
        made = [
            Decision(
                "public.client", "note", "", {"id": n}, note_digest(key, old).hex(),
                (Verdict(match.rule, match.start, match.length, "accept"),),
                tuple(editing.edits(old, new)), "bench", note_digest(key, new).hex(),
            )
            for n, (old, new) in enumerate(zip(texts, after, strict=True))
        ]  # fmt: skip
        found = [
            Finding(d.relation, d.column, "", d.row_key, d.note_digest, match.rule, match.category, match.level, match.start, match.length)
            for d in made
        ]  # fmt: skip
        (folder / "decisions.jsonl").write_text(decisions.write(made), encoding="utf-8")
        (folder / "tenth.jsonl").write_text(decisions.write(made[: args.rows // 10]), encoding="utf-8")
        names = (
            "importing",
            "planning a tenth",
            "planning",
            "bare",
            "bare, sent",
            "guarded",
            "guarded, sent",
            "apply",
        )
        times: dict[str, list[Cost]] = {name: [] for name in names}
        plain = list(enumerate(after))
        guarded = [
            (n, text, bytes.fromhex(d.note_digest), bytes.fromhex(d.digest_after))
            for (n, text), d in zip(plain, made, strict=True)
        ]
        for turn in range(args.rounds):
            load(conn, texts)
            record(conn, found)
            size = ["--batch", str(args.batch)]
            times["importing"].append(
                command(conn, folder, running.dsn(), "decisions", "import", "decisions.jsonl")
            )
            for name, file in (("planning a tenth", "tenth"), ("planning", "decisions")):
                planned = ["migrate", "plan", f"{file}.jsonl", "--output", f"{file}{turn}", *size]
                times[name].append(command(conn, folder, running.dsn(), *planned))
            if args.unrecorded:
                conn.execute("truncate motjuste.finding")
            for name, statement, rows in (("bare", BARE, plain), ("guarded", GUARDED, guarded)):
                load(conn, texts)
                whole, sending = bare(conn, statement, rows, args.batch)
                times[name].append(whole)
                times[f"{name}, sent"].append(sending)
            load(conn, texts)
            applied = ["migrate", "apply", f"decisions{turn}", "--yes", "--pause", "0"]
            times["apply"].append(command(conn, folder, running.dsn(), *applied))
            same = conn.execute("select array_agg(note order by id) from client").fetchone()
            assert same is not None and same[0] == after
    base = median(times["bare"])
    for name, costs in times.items():
        wall, cpu, server_side, peak = median(costs)
        print(
            f"{name:16} {wall:6.2f} s  {wall / args.rows * 1e6:6.1f} us a note  ratio {wall / base.wall:5.2f}"
            f"  processor {cpu:5.2f} s, the server's {server_side:5.2f} s  ratio {(cpu + server_side) / (base.cpu + base.server):5.2f}"
            + (f"  {peak:4.0f} MB" if peak else "")
        )


if __name__ == "__main__":
    main()
