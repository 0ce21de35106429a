"""A document in JSON that somebody else wrote: what of it may be a note."""

from __future__ import annotations

import json
import re

_NESTED = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def strings(text: str) -> dict[str, str]:
    """The texts of a JSON object, by their keys; those inside its lists and objects are left out.

    Python reads no number of more than 4,300 digits and no list deeper than its stack: neither is read here.
    """
    pieces: list[str] = []
    depth = last = 0
    for m in _NESTED.finditer(text):
        if m[0] in ("[", "{"):
            if depth == 1:
                pieces += [text[last : m.start()], "null"]
            depth += 1
        elif m[0] in ("]", "}"):
            depth -= 1
            if depth == 1:
                last = m.end()
    found = json.loads("".join(pieces) + text[last:], parse_int=float)
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
