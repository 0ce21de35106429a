"""Milliseconds of processor time that the second reading adds to a note with findings; then to one long note."""

from __future__ import annotations

import time

from sample import notes

from conftest import finder
from motjuste import assets
from motjuste.cli.common import second_reader


def main() -> None:
    """Print milliseconds a note and the ratio to `Matcher.find`, notes of 150 and of 600 characters."""
    pack = assets.pack()
    matcher, reader = finder(pack), second_reader(pack)
    start = time.process_time()
    list(reader.rate([("Client alcoolique.", matcher.find("Client alcoolique."))]))
    print(f"loading spaCy and its model: {time.process_time() - start:.1f} s, once")
    for length in (150, 600):
        rows = notes(1500, length=length, share=1)
        start = time.process_time()
        found = [(note, matches) for note in rows if (matches := matcher.find(note))]
        finding = (time.process_time() - start) / len(rows)
        start = time.process_time()
        list(reader.rate(found))
        reading = (time.process_time() - start) / len(found)
        print(
            f"{length} characters, {sum(len(m) for _, m in found) / len(found):.1f} findings a note: "
            f"{reading * 1000:.1f} ms a note with findings, {reading / finding:.0f} times finding them"
        )
    long = " ".join(notes(2000, length=300, share=0.5))
    matches = matcher.find(long)
    start = time.process_time()
    list(reader.rate([(long, matches)]))
    print(
        f"one note of {len(long)} characters, {len(matches)} findings: "
        f"{(time.process_time() - start) / len(matches) * 1000:.1f} ms a finding"
    )


if __name__ == "__main__":
    main()
