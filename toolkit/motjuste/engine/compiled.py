"""A compiled pack as text and back: compiling takes seconds, reading what was compiled a few tenths of one.

Pure; assets.py keeps the text in the user's cache folder.
"""

from __future__ import annotations

import json
from typing import Any

from motjuste.engine.memory import growing
from motjuste.model import (
    Call,
    Category,
    Change,
    Effect,
    Example,
    Expression,
    Extension,
    Pack,
    Profile,
    Pronoun,
    Rewriting,
    Rule,
    Weights,
)  # fmt: skip


@growing()
def dump(pack: Pack) -> str:
    """The pack as JSON; words for persons as one string, which reads faster than as many."""
    raw = vars(pack) | {"persons": " ".join(sorted(pack.persons))}
    return json.dumps(raw, ensure_ascii=False, default=vars)


@growing()
def read(text: str) -> Pack:
    """The pack that `dump` wrote. Raises ValueError, KeyError or TypeError where the text is something else."""
    raw = json.loads(text)
    raw["persons"] = frozenset(raw["persons"].split())
    raw["rules"] = tuple(_rule(r) for r in raw["rules"])
    raw["categories"] = {
        code: Category(**c | {"effects": tuple(Effect(**e) for e in c["effects"])})
        for code, c in raw["categories"].items()
    }
    raw["profiles"] = {
        name: Profile(**p | {"changes": tuple(Change(**c) for c in p["changes"])})
        for name, p in raw["profiles"].items()
    }
    raw["extensions"] = tuple(Extension(**e | {"texts": tuple(e["texts"])}) for e in raw["extensions"])
    raw["weights"] = Weights(**raw["weights"]) if raw["weights"] else None
    pronouns = tuple(Pronoun(**p) for p in raw["rewriting"]["pronouns"])
    raw["rewriting"] = Rewriting(**raw["rewriting"] | {"pronouns": pronouns})
    return Pack(**raw)


def _rule(raw: dict[str, Any]) -> Rule:
    if one := raw["expression"]:
        calls = tuple(Call(tuple(c["words"]), tuple(map(tuple, c["beside"]))) for c in one["calls"])
        raw["expression"] = Expression(**one | {"calls": calls})
    raw["bad"] = tuple(Example(**e) for e in raw["bad"])
    for name in ("match", "maskable", "allowed"):
        raw[name] = tuple(raw[name])
    return Rule(**raw)
