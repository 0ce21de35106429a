"""A compiled pack as text and back: compiling takes seconds, reading what was compiled a few tenths of one.

Pure; assets.py keeps the text in the user's cache folder.
"""

from __future__ import annotations

import json
from typing import Any

from motjuste.engine.memory import growing
from motjuste.model import (
    Category,
    Change,
    Context,
    Effect,
    Example,
    Extension,
    Key,
    Pack,
    Profile,
    Pronoun,
    Rewriting,
    Rule,
    Term,
    Weights,
)  # fmt: skip


@growing()
def dump(pack: Pack) -> str:
    """The pack as JSON; word lists as one string each, which reads faster than as many."""
    raw = vars(pack) | {
        "sets": [" ".join(sorted(words)) for words in pack.sets],
        "common": " ".join(pack.common),
        "persons": " ".join(sorted(pack.persons)),
    }
    return json.dumps(raw, ensure_ascii=False, default=_fields)


def _fields(value: object) -> dict[str, Any]:
    """The fields of a part of a pack."""
    if isinstance(value, Key):
        return {"anchors": "\n".join(value.anchors), "needs": value.needs}
    return vars(value)


@growing()
def read(text: str) -> Pack:
    """The pack that `dump` wrote. Raises ValueError, KeyError or TypeError where the text is something else."""
    raw = json.loads(text)
    raw["sets"] = tuple(frozenset(words.split(" ")) for words in raw["sets"])
    raw["common"] = tuple(raw["common"].split(" ")) if raw["common"] else ()
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
    raw["terms"] = tuple(Term(**t | {"keys": tuple(map(_key, t["keys"]))}) for t in raw["terms"])
    raw["unless"] = Context(**raw["unless"])
    raw["needs"] = Context(**raw["needs"])
    raw["bad"] = tuple(Example(**e) for e in raw["bad"])
    for name in ("maskable", "allowed"):
        raw[name] = tuple(raw[name])
    return Rule(**raw)


def _key(raw: dict[str, Any]) -> Key:
    return Key(tuple(raw["anchors"].split("\n")), tuple(map(tuple, raw["needs"])))
