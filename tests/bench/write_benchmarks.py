"""Run the benchmarks with small sizes and write BENCHMARKS.md: the date, the machine, and what each script printed.

`make bench`; on a quiet machine, some minutes. `--only bench_find.py` runs one, and writes nothing without --output.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from motjuste import __version__
from motjuste.engine.kernel import executor

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 1800  # seconds for one script


class Run(NamedTuple):
    """A script with the sizes that `make bench` gives it, and the question that it answers."""

    question: str
    script: str
    arguments: tuple[str, ...] = ()


RUNS = (
    Run("What does finding cost, in Python, for one note and for many?", "bench_find.py"),
    Run("What does a COPY pay, and what a naive trigger?", "bench_copy.py", ("--rows", "2000", "--foil")),
    Run(
        "What does a COPY pay where checks are deferred?", "bench_copy.py", ("--rows", "20000", "--deferred")
    ),
    Run(
        "What do single inserts pay?",
        "bench_insert.py",
        ("--clients", "4", "--seconds", "3", "--rounds", "2", "--sizes", "10000", "100000"),
    ),
    Run(
        "What do single inserts pay where checks are deferred?",
        "bench_insert.py",
        ("--clients", "4", "--seconds", "3", "--rounds", "2", "--deferred"),
    ),
    Run("How fast is the queue of a deferred column worked off?", "bench_work.py", ("--rows", "5000")),
    Run("What does a scan take over reading the same notes?", "bench_scan.py", ("--rows", "20000")),
    Run("What does `motjuste check` take?", "bench_check.py", ("--files", "300", "--lines", "20000")),
    Run(
        "How does it compare with Presidio, where that is installed?", "bench_presidio.py", ("--rows", "500")
    ),
)


def processor() -> str:
    """The name of the processor as Linux has it, else as Python has it."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        told = ""
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.M)
    return named[1] if named else platform.processor() or platform.machine()


def machine() -> str:
    """One line: processor, cores, system, Python, executor of this process."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, motjuste {__version__} ({executor()})"
    )


def load() -> str:
    """The load of the last minute, by which a reader knows a noisy machine."""
    return f"{os.getloadavg()[0]:.1f}"


def measured(run: Run) -> tuple[str, int]:
    """What a script printed, without paths of this machine, and its exit code."""
    command = [sys.executable, str(HERE / run.script), *run.arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"not done in {PATIENCE} seconds", 1
    if done.returncode:
        return f"failed with exit code {done.returncode}", done.returncode
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", "", done.stdout).rstrip(), 0


def page(results: list[tuple[Run, str, float]], began: str, day: datetime.date) -> str:
    """BENCHMARKS.md."""
    parts = [
        "# Benchmarks\n",
        f"Written by `make bench` on {day.isoformat()}: {machine()}; load before {began}, which should be near 0.\n",
        "Compare ratios, not seconds: each has its bare baseline in the same run. Sizes are small, so that all of it takes some minutes;",
        "[tests/bench](tests/bench/README.md) says what each script measures, and takes larger ones.\n",
    ]
    for run, told, took in results:
        command = " ".join(("python", f"tests/bench/{run.script}", *run.arguments))
        parts += [f"## {run.question}\n", f"`{command}`, {took:.0f} s\n", "```", told, "```\n"]
    return "\n".join(parts)


def main() -> int:
    """Run them one after the other; exit code 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the script to run")
    parser.add_argument(
        "--output", type=Path, help="where to write; BENCHMARKS.md where all are run, else standard output"
    )
    args = parser.parse_args()
    runs = [run for run in RUNS if args.only in ("", run.script)]
    if not runs:
        parser.error(f"no script {args.only}")
    began, results, failed = load(), [], False
    for run in runs:
        print(f"{run.script} {' '.join(run.arguments)}", file=sys.stderr, flush=True)
        start = time.perf_counter()
        told, code = measured(run)
        results.append((run, told, time.perf_counter() - start))
        failed |= bool(code)
    text = page(results, began, datetime.datetime.now(datetime.UTC).date())
    output = args.output or (None if args.only else ROOT / "BENCHMARKS.md")
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        print(text)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
