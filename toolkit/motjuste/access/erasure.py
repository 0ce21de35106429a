"""From the notes of an answer to decisions that empty them, for `motjuste migrate plan`. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from motjuste.access.document import Stored
from motjuste.model import Decision, Edit, Verdict

RULE = "retention"  # no rule of a pack: the note is not to be kept, whatever it says
REASON = "droit à l'effacement (RGPD art. 17)"


def decisions(
    notes: Iterable[Stored], digest: Callable[[str], str], reviewer: str
) -> tuple[list[Decision], list[Stored]]:
    """The decisions that empty these notes, and the notes that cannot be told from others, whose table has no key.

    `digest` is the keyed digest of a text. Without a key a decision would empty the same text of other persons too.
    """
    made, left = [], []
    empty = digest("")
    for n in notes:
        # a number with decimals stays as written: a float would name another row
        row_key = json.loads(n.row_key, parse_float=str)
        if not row_key:
            left.append(n)
            continue
        p = n.place
        edits = (Edit(0, len(n.text), ""),)
        verdict = Verdict(RULE, 0, len(n.text), "accept", REASON)
        made.append(
            Decision(
                p.relation, p.column, p.json_key, row_key, digest(n.text), (verdict,), edits, reviewer, empty
            )
        )
    return made, left
