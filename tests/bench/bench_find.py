"""Notes a second by `Matcher.find` on one core, warm; then the first note of a fresh process: time, and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice

from sample import CORPUS, notes

from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.learning import figures

TIMES = 5
FIRST = "from motjuste import assets; assets.matcher().find('Client alcoolique.')"


def rate(matcher: Matcher, rows: Sequence[str]) -> float:
    """Notes a second of processor time, once each of them was met."""
    for note in rows:
        matcher.find(note)
    start = time.process_time()
    for note in rows:
        matcher.find(note)
    return len(rows) / (time.process_time() - start)


def seconds(*command: str) -> float:
    """The least processor time of some runs of a command."""
    found = []
    for _ in range(TIMES):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=b"Client alcoolique.\n", capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(found)


def peak(script: str) -> int:
    """Kilobytes that a fresh process has resident at its peak (Linux)."""
    told = "; print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run([sys.executable, "-c", script + told], capture_output=True, text=True, check=True)
    return int(done.stdout)


def main() -> None:
    """Print notes a second, then seconds and megabytes of the first note."""
    matcher = assets.matcher()
    corpus = [
        note.text
        for file in sorted(CORPUS.rglob("*.jsonl"))
        for note in islice(figures.read(file.read_text(encoding="utf-8"), file.name), 50)
    ]
    for name, rows in (
        ("compliant notes of 300 characters", notes(3000, share=0)),
        ("look-alikes of 300 characters", notes(1500, share=0, hard=True)),
        (f"the corpus as it is, {len(corpus)} notes", corpus),
    ):
        print(f"{name}: {rate(matcher, rows):,.0f} a second")
    bare = seconds(sys.executable, "-c", "pass")
    for name, command in (
        ("first note", ("-c", FIRST)),
        ("lint of one note", ("-m", "motjuste", "lint", "-")),
    ):
        took = seconds(sys.executable, *command)
        print(f"{name}: {took:.2f} s of processor, {took / bare:.0f} times `python -c pass`")
    print(
        f"memory of the first note: {peak(FIRST) / 1024:.0f} MB, of `python -c pass` {peak('pass') / 1024:.0f}"
    )


if __name__ == "__main__":
    main()
