"""The words that misspellings are read as: chosen of the words of terms, with those of the language that must be left alone.

`engine/misspelling.py` says how they are looked for. What is chosen stands in forms.toml, built by `make forms`: a lexicon knows
what is a word, which nothing needs later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from motjuste.engine.misspelling import JOINED, LONGEST, PART, SHORTEST, keys, slip
from motjuste.rulepack.phrase import Choice, Node, Words

LEAST = 5  # letters of a word that a misspelling is read as
SEEN, WRITTEN = 1, 2  # notes that hold it; faulty ones, where the lexicon has it not
OTHER = 3  # compliant notes that hold another word that may be meant
OFTEN = 20  # those that hold a word that the lexicon has not
USUAL = 40  # of 10,000 compliant notes: what is written together with the next word


@dataclass(frozen=True)
class Misspelt:
    """`meant`: the words that a misspelling is read as, and common ones that are as near, the most usual first; `real`: words that are
    none of these and no misspelling; `usual`: those that are run together with others."""

    meant: tuple[str, ...] = ()
    real: frozenset[str] = frozenset()
    usual: frozenset[str] = frozenset()

    @classmethod
    def of(cls, built: Mapping[str, str], frequency: Mapping[str, int]) -> Misspelt:
        """What forms.toml says."""
        if not built:
            return cls()
        often = {w for w, n in frequency.items() if w.isascii()}
        return cls(
            tuple(built["meant"].split()),
            frozenset(built["real"].split()) | often,
            usual_words(frequency),
        )


NOT_MISSPELT = Misspelt()


def usual_words(frequency: Mapping[str, int]) -> frozenset[str]:
    """The words that are run together with others."""
    return frozenset(w for w, n in frequency.items() if n >= USUAL and len(w) >= PART and w.isascii())


def words_of(nodes: Iterable[Node]) -> Iterator[str]:
    """All words of a phrase."""
    for node in nodes:
        if isinstance(node, Words):
            yield from node.forms
        elif isinstance(node, Choice):
            for option in node.options:
                yield from words_of(option)


def _fits(word: str) -> bool:
    return LEAST <= len(word) <= LONGEST and word.isascii() and word.isalpha()


def chosen(
    terms: Collection[str],
    lexicon: Collection[str],
    compliant: Mapping[str, int],
    faulty: Mapping[str, int],
    usual: Collection[str],
) -> tuple[list[str], list[str]]:
    """(meant, real) of the words of terms, of a lexicon, and of what so many compliant and faulty notes hold; all folded."""
    meant = {
        w
        for w in filter(_fits, terms)
        if (w in lexicon and compliant.get(w, 0) + faulty.get(w, 0) >= SEEN) or faulty.get(w, 0) >= WRITTEN
    }
    by_key: dict[str, set[str]] = {}
    for word in meant:
        for key in keys(word):
            by_key.setdefault(key, set()).add(word)
    twice = {key for one in by_key for key in keys(one)}
    other = {
        w
        for w, n in compliant.items()
        if n >= OTHER and w not in terms and SHORTEST <= len(w) <= LONGEST and w.isascii() and w.isalpha()
        and (w in lexicon or n >= OFTEN) and any(key in twice for one in keys(w) for key in keys(one))
    }  # fmt: skip
    known = {*lexicon, *(w for w, n in compliant.items() if n > 1)}
    real = {w for w in known - set(terms) - other if _is_taken(w, by_key) or _is_two(w, meant, usual)}
    return sorted(meant | other, key=lambda w: (-compliant.get(w, 0), w)), sorted(real)


def _is_taken(word: str, by_key: Mapping[str, Collection[str]]) -> bool:
    """Whether a word would be taken for another, were it not known."""
    if len(word) < SHORTEST or not word.isascii() or not word.isalpha():
        return False
    return any(slip(word, other) is not None for key in keys(word) for other in by_key.get(key, ()))


def _is_two(word: str, meant: Collection[str], usual: Collection[str]) -> bool:
    return len(word) >= JOINED and any(
        (word[:at] in usual and word[at:] in meant) or (word[:at] in meant and word[at:] in usual)
        for at in range(PART, len(word) - PART + 1)
    )
