"""Which columns hold notes: each scored from 0 to 100, with the reasons.

`score` uses the catalog: type, names, comments, constraints, statistics. `content.weigh` adjusts the score by a sample
of the column. `kin` finds copies of a column, and the columns beside it that say who wrote the note, when, and about whom.
"""

from __future__ import annotations

from motjuste.discovery.names import CLEAR, SHOWN, rank, score, words

__all__ = ["CLEAR", "SHOWN", "rank", "score", "words"]
