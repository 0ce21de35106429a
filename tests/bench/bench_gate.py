"""Notes a second through the Python gate on one core, over a bare loop that encodes them; then with twice the rules."""

from __future__ import annotations

import time

from sample import multiplied, notes

from motjuste import assets
from motjuste.matcher import Matcher


def best(work: object, rows: list[str]) -> float:
    """The shortest of five passes, in seconds."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        for note in rows:
            work(note)  # type: ignore[operator]
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    """Print notes a second and ratios, on notes that the gate lets go."""
    pack = assets.pack()
    once, twice = Matcher(pack), Matcher(multiplied(pack, 2))
    everything = notes(20_000, share=0)
    rows = [n for n in everything if not once.suspect(n)]
    print(f"the gate opens on {1 - len(rows) / len(everything):.1%} of compliant notes of 300 characters")
    base = best(str.encode, rows)
    for name, work in (
        ("gate", once.suspect),
        ("gate, rules x2", twice.suspect),
        ("find, all notes", once.find),
    ):
        sample = everything if name.startswith("find") else rows
        seconds = best(work, sample)
        print(
            f"{name:18} {len(sample) / seconds:10.0f} notes a second, {seconds / base:6.1f} times str.encode"
        )


if __name__ == "__main__":
    main()
