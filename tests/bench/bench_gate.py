"""Notes a second through the Python gate on one core, over a bare loop that encodes them; by the sieve of a scan and one by
one; then with twice the rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from motjuste.matcher import Matcher
from motjuste.sieve import Sieve
from sample import multiplied, notes

from motjuste import assets

TOGETHER = 200  # notes: what a scan looks at together


def best(work: Callable[[list[str]], object], rows: list[str]) -> float:
    """The shortest of seven passes, in seconds of processor."""
    found = []
    for _ in range(7):
        start = time.process_time()
        work(rows)
        found.append(time.process_time() - start)
    return min(found)


def each(work: Callable[[str], object]) -> Callable[[list[str]], object]:
    """The work on notes one by one."""

    def through(rows: list[str]) -> None:
        for note in rows:
            work(note)

    return through


def together(work: Callable[[Sequence[str]], object]) -> Callable[[list[str]], object]:
    """The work on some notes at a time."""

    def through(rows: list[str]) -> None:
        for n in range(0, len(rows), TOGETHER):
            work(rows[n : n + TOGETHER])

    return through


def main() -> None:
    """Print notes a second and ratios, on notes that the gate lets go."""
    pack = assets.pack()
    once, twice = Matcher(pack), Matcher(multiplied(pack, 2))
    start = time.process_time()
    sieve = Sieve(once)
    print(f"a sieve is built in {time.process_time() - start:.2f} s")
    everything = notes(20_000, share=0)
    rows = [n for n in everything if not once.suspect(n)]
    print(f"the gate opens on {1 - len(rows) / len(everything):.1%} of compliant notes of 300 characters")
    base = best(each(str.encode), rows)
    for name, work, sample in (
        ("gate, many notes", together(sieve.suspects), rows),
        ("the same, rules x2", together(Sieve(twice).suspects), rows),
        ("gate, one by one", each(once.suspect), rows),
        ("the same, rules x2", each(twice.suspect), rows),
        ("find, many notes", together(sieve.find), everything),
        ("find, one by one", each(once.find), everything),
    ):
        seconds = best(work, sample)
        print(
            f"{name:20} {len(sample) / seconds:10.0f} notes a second, {seconds / base:6.1f} times str.encode"
        )


if __name__ == "__main__":
    main()
