"""Which columns hold notes: each scored from 0 to 100, with the reasons.

`score` reads what the catalog knows: type, names, comments, constraints, statistics. `content.weigh` adds what a sample
of the column shows, `kin` what stands beside it: copies of it, who wrote it, when, about whom.
"""

from __future__ import annotations

from motjuste.discovery.names import CLEAR, SHOWN, rank, score, words

__all__ = ["CLEAR", "SHOWN", "rank", "score", "words"]
