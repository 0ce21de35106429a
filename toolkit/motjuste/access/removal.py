"""From the notes of an answer to decisions that erase or restrict them, for `motjuste migrate plan`. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Literal

from motjuste.access.document import RESTRICTED, Stored
from motjuste.migration.shape import RESTRICTION
from motjuste.model import Decision, Edit, Verdict
from motjuste.scanning.scan import Place

Right = Literal["erasure", "restriction"]
_REASONS: dict[Right, str] = {
    "erasure": "droit à l’effacement (RGPD, art. 17)",
    "restriction": "limitation du traitement (RGPD, art. 18)",
}


def decisions(
    notes: Iterable[Stored],
    right: Right,
    reviewer: str,
    digest: Callable[[str], str],
    limit: Callable[[Place], int | None],
) -> tuple[list[Decision], list[Stored]]:
    """The decisions that empty these notes, or replace them by a notice of restriction; and the notes whose table has no key, which
    cannot be told from others.

    `digest` is the keyed digest of a text, `limit` how many characters a column holds. Without a key a decision would
    reach the same text of other persons too. Notes that are restricted already stay so.
    """
    made, left = [], []
    for n in notes:
        # a number with decimals stays as written: a float would name another row
        row_key = json.loads(n.row_key, parse_float=str)
        if not row_key:
            left.append(n)
            continue
        p = n.place
        words = restricted(limit(p)) if right == RESTRICTION else ""
        if n.text == words or (right == RESTRICTION and n.text in RESTRICTED):
            continue
        verdict = Verdict(right, 0, len(n.text), "accept" if words else "erase", _REASONS[right])
        edit = Edit(0, len(n.text), words)
        made.append(
            Decision(
                p.relation,
                p.column,
                p.json_key,
                row_key,
                digest(n.text),
                (verdict,),
                (edit,),
                reviewer,
                digest(words),
            )
        )
    return made, left


def restricted(limit: int | None) -> str:
    """The notice that replaces a restricted note, as the law asks (GDPR, recital 67): the longest one that its column can hold."""
    return next((words for words in RESTRICTED if limit is None or len(words) <= limit), "")
