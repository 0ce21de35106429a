"""What is learnt from labelled notes, and the figures of the rules on them. Not in the command line: `make weights`, `make forms`.

What is learnt goes to rules/<language>/built/; each file says what it was built from.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from motjuste.errors import MotjusteError


def provenance(how: str, files: Sequence[Path]) -> str:
    """The line of a built file that says how it was made: the command, the notes, the SHA-256 of these files one after the other."""
    digest = hashlib.sha256()
    notes = 0
    for file in files:
        content = file.read_bytes()
        digest.update(content)
        notes += content.count(b"\n")
    return f"# Built by `{how}` from {notes} notes in {len(files)} file(s), SHA-256 {digest.hexdigest()}. Do not edit."


def command(learn: Callable[[Path, Sequence[Path]], str], what: str | None) -> None:
    """Run one of these modules from the command line: FOLDER, then files of labelled notes. Exits with 2 and one line where it cannot."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of a language's rules: rules/fr")
    parser.add_argument("files", type=Path, nargs="+", help="labelled notes, JSON lines")
    given = parser.parse_args()
    try:
        print(learn(given.folder, given.files), file=sys.stderr)
    except (MotjusteError, OSError) as exc:
        sys.exit(_refused(exc))


def _refused(exc: Exception) -> int:
    print(f"motjuste: {exc}", file=sys.stderr)
    if hint := getattr(exc, "hint", ""):
        print(f"help: {hint}", file=sys.stderr)
    return 2
