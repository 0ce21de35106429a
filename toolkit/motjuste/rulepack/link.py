"""Words that a user's own files add to the shipped lists: they take the classes that the program keeps for words of that list.

Each list of a shipped pack has one more word, its *place*: `@proche@`, which no note holds. So there is a class of words that stand in that list and
nowhere else, and a word is added to the program without another look at the rules. A word that stands in another list already has a
class of its own: with it the rules that name the list are compiled again. Pure.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Mapping
from itertools import chain

from motjuste.engine.program import ROOTS, SECTIONS, Program, hashed, strings
from motjuste.engine.program import pack as packed
from motjuste.engine.text import without_ligatures


def place(name: str) -> str:
    """The word that holds the place of all that are added to a list."""
    return f"@{name}@"


def linkable(program: Program, lists: Mapping[str, Collection[str]]) -> tuple[dict[str, str], set[str]]:
    """(word -> word of the program whose class it takes, the lists whose words cannot take one), for the words added to each list.

    A word tied to those of a list, as in `mi-@temps`, stands in the program with its place, and is added likewise.
    """
    found: dict[str, str] = {}
    places = [w for w in program.vocabulary if "@" in w]
    failed = set()
    for name, words in lists.items():
        held = [w for w in places if place(name) in w]
        made = {
            w.replace(place(name), without_ligatures(word)): found.get(w, w) for w in held for word in words
        }
        if not made or not made.keys().isdisjoint(found) or any(classed(program, word) for word in made):
            failed.add(name)
        else:
            found |= made
            places += [word for word in made if "@" in word]  # tied to those of another list
    return found, failed


def classed(program: Program, word: str) -> bool:
    """Whether a word stands in a list of the program, or in a term."""
    number = program.vocabulary.find(word)
    return number >= 0 and program.word_class[number] != 0


def linked(program: Program, words: Mapping[str, str]) -> bytes:
    """The program with these words, each of the class of another one; where it is one without a class, with that."""
    old = list(program.vocabulary)
    number = {w: n for n, w in enumerate(old)}
    new = sorted({*old, *words}, key=str.encode)
    source = [number[words.get(w, w)] for w in new]
    moved = {number[w]: n for n, w in enumerate(new) if w in number}
    firsts = program.word_first
    sections = {name: bytes(getattr(program, name)) for name in SECTIONS if name != "meta"}
    sections |= {
        "meta": json.dumps(program.meta, ensure_ascii=False, separators=(",", ":")).encode(),
        **strings(new, "words", "word_at"),
        "word_hash": hashed(map(str.encode, new)),
        "word_class": array("I", [program.word_class[n] for n in source]).tobytes(),
        "word_first": array(
            "i", chain.from_iterable(firsts[n * ROOTS : (n + 1) * ROOTS] for n in source)
        ).tobytes(),
        "spelt": array("I", [moved[n] for n in program.spelt]).tobytes(),
        "usual": array("I", [moved[n] for n in program.usual]).tobytes(),
    }
    return packed({name: sections[name] for name in SECTIONS})
