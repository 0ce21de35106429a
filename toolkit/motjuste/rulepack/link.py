"""Words that a user's own files add to the shipped lists, without another look at the rules. Pure.

Each list of a shipped pack has one more word, its *place*: `@proche@`, which no note holds. So there is a class of words that stand in that
list and nowhere else, which a new word takes; one that stands in other lists already gets a class of its own (widen.py).
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Mapping
from itertools import chain

from motjuste.engine.program import ROOTS, SECTIONS, Program, hashed, strings
from motjuste.engine.program import pack as packed
from motjuste.engine.text import without_ligatures
from motjuste.rulepack.widen import Widened


def place(name: str) -> str:
    """The word that holds the place of all that are added to a list."""
    return f"@{name}@"


def classed(program: Program, word: str) -> bool:
    """Whether a word stands in a list of the program, or in a term."""
    number = program.vocabulary.find(word)
    return number >= 0 and program.word_class[number] != 0


def sources(program: Program, lists: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """For the words added to each list: word -> those of the program in all of whose lists it is to stand.

    A word tied to those of a list, as in `mi-@temps`, stands in the program with its place, and is added likewise.
    """
    found: dict[str, tuple[str, ...]] = {}
    places = [w for w in program.vocabulary if "@" in w]
    for name, words in lists.items():
        for held in [w for w in places if place(name) in w]:
            for word in words:
                made = held.replace(place(name), without_ligatures(word))
                there = found.get(made) or ((made,) if classed(program, made) else ())
                found[made] = tuple(dict.fromkeys((*there, *found.get(held, (held,)))))
                if "@" in made:
                    places.append(made)  # tied to those of another list
    return found


def linked(program: Program, words: Mapping[str, tuple[str, ...]]) -> bytes:
    """The program with these words, each in all lists of others of it. Raises RuleError where that takes too much."""
    old = list(program.vocabulary)
    number = {w: n for n, w in enumerate(old)}
    firsts = [tuple(program.word_first[n * ROOTS : (n + 1) * ROOTS]) for n in range(len(old))]
    told = {w: (program.word_class[n], firsts[n]) for w, n in number.items()}
    unions = {w: frozenset(program.word_class[number[one]] for one in of) for w, of in words.items()}
    wanted = sorted({u for u in unions.values() if len(u) > 1}, key=sorted)
    widened = Widened(program, wanted) if wanted else None
    more = (
        {u: (widened.first + n, tuple(widened.first_states(n))) for n, u in enumerate(wanted)}
        if widened
        else {}
    )
    told |= {w: more.get(unions[w], told[of[0]]) for w, of in words.items()}
    new = sorted(told, key=str.encode)
    moved = {number[w]: n for n, w in enumerate(new) if w in number}
    sections = {name: bytes(getattr(program, name)) for name in SECTIONS if name != "meta"}
    sections["meta"] = json.dumps(program.meta, ensure_ascii=False, separators=(",", ":")).encode()
    sections |= widened.sections() if widened else {}
    sections |= {
        **strings(new, "words", "word_at"),
        "word_hash": hashed(map(str.encode, new)),
        "word_class": array("I", [told[w][0] for w in new]).tobytes(),
        "word_first": array("i", chain.from_iterable(told[w][1] for w in new)).tobytes(),
        "spelt": array("I", [moved[n] for n in program.spelt]).tobytes(),
        "usual": array("I", [moved[n] for n in program.usual]).tobytes(),
    }
    return packed({name: sections[name] for name in SECTIONS})
