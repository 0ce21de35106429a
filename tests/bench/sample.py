"""Notes for the benchmarks, and packs with more rules than the real one."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from motjuste.model import Pack, Rule

CORPUS = Path(__file__).parent.parent / "corpus"


def notes(
    rows: int, *, length: int = 300, share: float = 0.05, seed: int = 7, hard: bool = False
) -> list[str]:
    """`rows` notes of about `length` characters from the corpus, a `share` of them with a fault.

    The others are plain notes; where `hard`, the corpus's look-alikes instead, which were written to mislead.
    """
    rng = random.Random(seed)
    records = [
        json.loads(line)
        for f in sorted(CORPUS.rglob("*.jsonl"), key=lambda f: f.name)
        for line in f.read_text(encoding="utf-8").splitlines()
    ]
    clean = [r["text"] for r in records if not r["cats"] and r["hard"] == hard]
    faulty = [r["text"] for r in records if r["cats"]]
    found = []
    for _ in range(rows):
        note = rng.choice(faulty) if rng.random() < share else ""
        while len(note) < length:
            note += ("\n" if note else "") + rng.choice(clean)
        found.append(note[:length])
    return found


def peak(dsn: str, *args: str) -> int:
    """Kilobytes that this command of motjuste has resident at its peak (Linux), in a process of its own.

    VmHWM: ru_maxrss has what this process held when it started the other.
    """
    code = (
        "import sys\nfrom motjuste.cli.main import motjuste\n"
        "if __name__ == '__main__':\n    try:\n        motjuste(sys.argv[1:])\n"
        "    finally:\n        status = open('/proc/self/status').read()\n"
        "        print('peak', status.split('VmHWM:')[1].split()[0], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, "MOTJUSTE_DSN": dsn}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return int(re.findall(r"^peak (\d+)$", done.stderr, re.M)[-1])


def multiplied(pack: Pack, times: int) -> Pack:
    """The pack with `times` as many rules: copies without terms, so that only their number weighs."""
    extra = [_copy(rule, n) for n in range(1, times) for rule in pack.rules]
    return replace(pack, rules=(*pack.rules, *extra), digest=f"{pack.digest}x{times}")


def _copy(rule: Rule, n: int) -> Rule:
    # what is found by no word of its own would be found again by each copy
    return replace(rule, id=f"{rule.id}-{n}", match=(), expression=None, maskable=(), together=False)
