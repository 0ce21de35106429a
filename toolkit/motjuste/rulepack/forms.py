"""Inflected forms of French words: a table built from a lexicon, and regular inflection for the rest.

`rules/fr/built/forms.toml` holds the forms of every lemma that the packs name; `make forms`
rebuilds it from the lexicon of spaCy's lookup data. A word that the table does not know (a user's own
pack, a neologism) gets the regular forms of its ending.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

_FUTURE = ("ai", "as", "a", "ons", "ez", "ont", "ais", "ait", "ions", "iez", "aient")
_IMPERFECT = ("ais", "ait", "ions", "iez", "aient")
_AGREE = ("", "e", "s", "es")
# Forms that nobody types in a note: imperfect subjunctive, simple past in nous and vous.
# Not those of finir and connaître, which are of the present: finissent, connaît.
_BOOKISH = re.compile(r"(?:[au]ss(?:e|es|ions|iez|ent)|[âîû](?:mes|tes)|(?:[âû]|(?<!a)î)t)$")

# feminine by ending, the longest ending first; the plural follows the regular rule
_FEMININE = (
    ("teur", ("trice", "teuse")), ("eur", ("euse",)), ("eux", ("euse",)), ("eau", ("elle",)),
    ("oux", ("ouse",)), ("if", ("ive",)), ("er", ("ère",)), ("en", ("enne",)), ("on", ("onne",)),
    ("el", ("elle",)), ("et", ("ette", "ète")), ("ot", ("otte", "ote")), ("al", ("ale",)),
    ("ard", ("arde", "asse")), ("in", ("ine",)), ("ic", ("ique",)), ("gu", ("guë",)), ("c", ("che", "que")),
)  # fmt: skip


def _plural(word: str) -> list[str]:
    if word.endswith(("s", "x", "z")):
        return [word]
    if word.endswith(("eau", "eu")):
        return [word, word + "x", word + "s"]
    if word.endswith("al"):
        return [word, word[:-2] + "aux", word + "s"]
    return [word, word + "s"]


def nominal(word: str) -> set[str]:
    """Singular, plural, masculine and feminine of a noun or adjective, by its ending."""
    stems = [word]
    for ending, feminines in _FEMININE:
        if word.endswith(ending):
            stems += [word[: -len(ending)] + f for f in feminines]
            break
    else:
        if not word.endswith("e"):
            stems.append(word + "e")
    return {form for stem in stems for form in _plural(stem)}


def _first_group(stem: str) -> set[str]:
    soft = stem  # before a, o: mangeons, plaçait
    if stem.endswith("g"):
        soft = stem + "e"
    elif stem.endswith("c"):
        soft = stem[:-1] + "ç"
    found = {stem + e for e in ("er", "e", "es", "ent", "ez", "iez", "ions")}
    found |= {soft + e for e in ("ons", "ais", "ait", "aient", "ant", "a", "as")}
    found |= {stem + "é" + e for e in _AGREE} | {stem + "er" + e for e in _FUTURE} | {stem + "èrent"}
    # jeter, appeler, acheter, espérer: the silent syllables that double or take a grave accent
    m = re.search(r"([eé])([a-z]{1,2})$", stem)
    if m:
        base = stem[: m.start()]
        alternates = [base + "è" + m[2]]
        if m[1] == "e" and m[2] in ("t", "l"):
            alternates.append(base + "e" + m[2] * 2)
        for alternate in alternates:
            found |= {alternate + e for e in ("e", "es", "ent")}
            found |= {alternate + "er" + e for e in _FUTURE}
    if stem.endswith(("oy", "uy", "ay")):
        found |= {stem[:-1] + "i" + e for e in ("e", "es", "ent")}
        found |= {stem[:-1] + "ier" + e for e in _FUTURE}
    return found


def verbal(word: str) -> set[str]:
    """The forms of a regular verb; an irregular one needs the table."""
    if word.endswith("er"):
        return _first_group(word[:-2])
    if word.endswith("ir"):
        stem = word[:-1]
        found = {word} | {stem + e for e in ("s", "t", "e", "es", "ssons", "ssez", "ssent", "ssant")}
        return found | {stem + "ss" + e for e in _IMPERFECT} | {word + e for e in _FUTURE} | {stem}
    if word.endswith("re"):
        stem = word[:-2]
        found = {word} | {stem + e for e in ("s", "", "ons", "ez", "ent", "ant", "u", "ue", "us", "ues")}
        return found | {stem + e for e in _IMPERFECT} | {stem + "r" + e for e in _FUTURE}
    return {word}


def regular(word: str) -> set[str]:
    """The regular forms of a word of which nothing but the ending is known."""
    if (len(word) > 3 and word.endswith(("er", "ir"))) or (len(word) > 4 and word.endswith(("dre", "tre"))):
        return verbal(word)
    return nominal(word)


def source(table: Mapping[str, str]) -> Callable[[str], Collection[str]]:
    """A function from a lemma to its forms: from the table (forms separated by spaces), else regular.

    In a phrase only the last word inflects; a reflexive `se` is dropped.
    """

    def forms(lemma: str) -> Collection[str]:
        lemma = re.sub(r"^s(?:e |'|’)", "", lemma.strip().lower())
        known = table.get(lemma)
        return known.split() if known else regular(lemma)

    return forms


def build(
    lemmas: Collection[str], lexicon: Mapping[str, Collection[str]], verbs: Collection[str]
) -> dict[str, str]:
    """The table of forms of these lemmas, from a lexicon that maps each form to its lemmas.

    What a lexicon lacks is added by rule: the forms of first-group verbs, the plural and the feminine.
    """
    inverse: dict[str, set[str]] = {}
    wanted = set(lemmas)
    for form, owners in lexicon.items():
        for owner in wanted.intersection(owners):
            inverse.setdefault(owner, set()).add(form)
    table = {}
    for lemma in sorted(wanted):
        found = {lemma} | inverse.get(lemma, set())
        if lemma in verbs:
            found |= verbal(lemma) if lemma.endswith("er") else set()
        elif not lemma.endswith(("er", "ir", "re")) or len(found) <= 2:
            found |= nominal(lemma)
        kept = {f for f in found if not _BOOKISH.search(f) and " " not in f}
        table[lemma] = " ".join(sorted(kept or {lemma}))
    return table
