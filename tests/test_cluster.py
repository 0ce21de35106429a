"""A scan by the workers of a Dask cluster: a real scheduler, two worker processes, one of them killed meanwhile."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

ROWS = 12_000
BAD = "Client alcoolique, rappeler lundi."


@contextmanager
def process(*command: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended at the end, whatever happened to it."""
    started = subprocess.Popen(
        [sys.executable, *command], stderr=subprocess.PIPE, text=True, env={**os.environ, **env}
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def said(started: subprocess.Popen[str], pattern: str) -> str:
    """What a process says on stderr, once it says it."""
    assert started.stderr is not None
    seen = ""
    for line in started.stderr:
        seen += line
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(seen)


@pytest.mark.first_server
def test_cluster_scans_though_a_worker_is_killed(installed: str, tmp_path: Path) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("create table client (id int primary key, note text)")
        conn.execute(
            "insert into client select i, case when i %% 100 = 0 then %s else rpad('RAS', 300) end from generate_series(1, %s) as i",
            [BAD, ROWS],
        )
        conn.execute("analyze client")
        scheduler = (
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
        )
        state = tmp_path / "journal"
        with process(*scheduler) as boss:
            address = said(boss, r"Scheduler at:\s+(tcp://\S+)")
            # where to read is in the workers' environment, and nowhere else
            hand = (
                "-m",
                "distributed.cli.dask_worker",
                address,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
            )
            with process(*hand, MOTJUSTE_DSN=installed) as one, process(*hand, MOTJUSTE_DSN=installed) as two:
                said(one, r"(Registered to)")
                said(two, r"(Registered to)")
                scan = subprocess.Popen(
                    [
                        sys.executable, "-m", "motjuste", "scan", "public.client.note", "--dsn", installed,
                        "--cluster", address, "--state", str(state), "--max-rows-per-second", "4000",
                    ],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )  # fmt: skip
                for _ in range(600):
                    if state.exists() and b'\n{"part": ' in state.read_bytes():
                        break
                    time.sleep(0.05)
                os.kill(one.pid, signal.SIGKILL)
                out, err = scan.communicate(timeout=60)
        assert scan.returncode == 1, err
        assert f"{ROWS}" in out
        stored = conn.execute("select count(*), count(distinct row_key) from motjuste.finding").fetchone()
        assert stored == (ROWS // 100, ROWS // 100)
        assert conn.execute("select rows_read, rows_that_exist from motjuste.scan").fetchall() == [
            (ROWS, ROWS)
        ]
