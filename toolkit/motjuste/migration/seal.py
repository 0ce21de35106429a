"""The last line of a file that `motjuste migrate plan` writes: the SHA-256 of all lines before it.

It has no key, so that it can be checked without a database: it shows a change by hand, not a forgery.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

_HEADER = re.compile(
    r"^(?:--|#) (?P<name>.*): redaction of (?P<notes>\d+) note\(s\) .*, written by motjuste ", re.MULTILINE
)
_SEAL = re.compile(r"^(?:--|#) sealed by SHA-256: (?P<digest>[0-9a-f]{64})\n?\Z", re.MULTILINE)


def sealed(pieces: Iterable[str], mark: str) -> Iterator[str]:
    """The pieces of a file with its seal at the end; `mark` opens a comment."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode())
        yield piece
    yield f"{mark} sealed by SHA-256: {digest.hexdigest()}\n"


def about(text: str) -> tuple[str, int] | None:
    """(name, number of notes) that a plan's file says it is about; None for other files."""
    found = _HEADER.search(text[:2000])
    return (found["name"], int(found["notes"])) if found else None


def broken(text: str) -> str:
    """What is wrong with the seal of a plan's file; '' where it holds."""
    found = _SEAL.search(text)
    if found is None:
        return "its seal is missing from the last line"
    held = hashlib.sha256(text[: found.start()].encode()).hexdigest()
    return "" if held == found["digest"] else "it is not the one that its seal was made for"
