"""A reader's grid: draws notes at fault by a seed and prints each with its proposal, for a person to judge.

The same command draws the same notes again. `--write` keeps all proposals of these notes in a file, `--against` draws of those that
are another now than in such a file.

    python tests/bench/read_proposals.py tests/corpus/tune --notes 300 --seed 31
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from motjuste import assets
from motjuste.learning import figures
from motjuste.rewriting.rewrite import Rewriter

CLASSES = (
    "good",
    "keeps a fault",
    "loses a useful fact",
    "broken French",
    "changes the meaning",
    "invents",
    "empty",
)


def at_fault(paths: Iterable[Path]) -> Iterator[figures.Labelled]:
    """The notes that are labelled at fault, of these files and of the JSONL files of these folders, in order."""
    for path in paths:
        for file in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
            yield from (n for n in figures.read(file.read_text(encoding="utf-8"), file.name) if n.cats)


def proposals(notes: Iterable[figures.Labelled]) -> Iterator[tuple[str, str]]:
    """(text, proposal) of each note in which something is found."""
    matcher = assets.matcher()
    rewriter = Rewriter(matcher)
    for note in notes:
        matches = matcher.find(note.text)
        if matches:
            yield note.text, rewriter.rewrite(note.text, matches)


def main() -> None:
    """Print a draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="folders or files of labelled notes")
    parser.add_argument("--notes", type=int, default=300, help="how many to draw")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--write", type=Path, help="write all proposals of the notes to this file")
    parser.add_argument("--against", type=Path, help="draw of those only that differ from this file")
    args = parser.parse_args()
    notes = list(at_fault(args.paths))
    rng = random.Random(args.seed)
    if not (args.write or args.against):  # nothing but what is drawn needs a proposal
        rng.shuffle(notes)
        drawn = [pair for pair, _ in zip(proposals(notes), range(args.notes), strict=False)]
        olds: dict[str, str] = {}
    else:
        start = time.process_time()
        found = dict(proposals(notes))
        print(f"{(time.process_time() - start) / len(found) * 1e6:.0f} µs a note, found and rewritten")
        if args.write:
            args.write.write_text(
                "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in found.items()),
                encoding="utf-8",
            )
        olds = (
            dict(json.loads(line) for line in args.against.read_text(encoding="utf-8").splitlines())
            if args.against
            else found
        )
        changed = [pair for pair in found.items() if args.against is None or olds.get(pair[0]) != pair[1]]
        print(
            f"{len(found)} proposals, {sum(not p for p in found.values())} empty, {len(changed)} to draw from"
        )
        drawn = rng.sample(changed, min(args.notes, len(changed)))
    print("classes:", ", ".join(CLASSES), end="\n\n")
    for n, (text, proposal) in enumerate(drawn, 1):
        print(f"{n}\t{text}")
        if args.against:
            print(f"\t- {olds.get(text, '')}")
        print(f"\t> {proposal}")


if __name__ == "__main__":
    main()
