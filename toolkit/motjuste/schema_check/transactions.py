"""What a ROLLBACK undoes was never there."""

from __future__ import annotations

import re

from motjuste.schema_check.lexer import Piece, downcase


def rolled_back(pieces: list[tuple[str, Piece]]) -> list[tuple[str, Piece]]:
    """The pieces without those that a ROLLBACK undoes, whole or to a savepoint."""
    if not any(
        p.kind == "sql" and re.match(r"(?:rollback|abort)\b", p.text, re.IGNORECASE) for _, p in pieces
    ):
        return pieces
    kept: list[tuple[str, Piece]] = []
    begun: int | None = None
    savepoints: dict[str, int] = {}
    for file, piece in pieces:
        words = [downcase(w) for w in piece.text[:200].split()[:5]] if piece.kind == "sql" else [""]
        if words[0] in ("begin", "start"):
            begun, savepoints = len(kept), {}
        elif words[0] == "savepoint" and len(words) > 1:
            savepoints[words[1]] = len(kept)
        elif words[0] in ("commit", "end"):
            begun = None
        elif words[0] in ("rollback", "abort") and words[1:2] != ["prepared"]:
            if "to" in words and words[-1] in savepoints:
                del kept[savepoints[words[-1]] :]
            elif "to" not in words and begun is not None:
                del kept[begun:]
                begun = None
            continue
        kept.append((file, piece))
    return kept
