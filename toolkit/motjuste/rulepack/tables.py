"""A pack as the rows of the tables in sql/20_tables.sql."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from motjuste.engine.matcher import SIDES
from motjuste.engine.score import Scale
from motjuste.model import Pack
from motjuste.rulepack.necessary import necessary
from motjuste.rulepack.pattern import alternatives, named_sets, spellings
from motjuste.rulepack.raw import loosened

Rows = list[tuple[Any, ...]]
Need = tuple[int, int, int]  # a word set, and the least and the most words to its word
NOTHING: Need = (-1, 0, 0)
MASKED = "*"  # stands among the words of a note for a masked word
LEADS = -1  # the key of words that weigh much by themselves
LARGE = 100  # words of a set that is looked up, not compared with
MAX_NEAR = 60  # words: more are not worth comparing with the few around an anchor
MAX_NEEDS = 6  # of a part of an anchor: more would be looked at for one that is there


def _contexts(pack: Pack, spelt: Sequence[Collection[str]]) -> tuple[Rows, Rows]:
    """A row for each alternative of the contexts of each rule; and for each word the numbers of those that need it or another.

    Alternatives that need the same words, the rarest of their words, have the same number; 0 is of those that need none.
    `spelt`: the words of each set, as they may stand in a text.
    """
    rank = {word: len(pack.common) - n for n, word in enumerate(pack.common)}
    numbers: dict[frozenset[str], int] = {frozenset(): 0}
    needs: dict[str, int] = {}
    contexts: Rows = []
    for rule in pack.rules:
        for kind, context in (("unless", rule.unless), ("needs", rule.needs)):
            for side in SIDES:
                source = getattr(context, side)
                for one in alternatives(source) if source else ():
                    if one not in needs:
                        sets = necessary(one, lambda n: frozenset(spelt[n]))
                        rarest = min(
                            sets, key=lambda s: max(rank.get(w, 0) for w in s), default=frozenset[str]()
                        )
                        needs[one] = numbers.setdefault(rarest, len(numbers))
                    contexts.append((rule.id, f"{kind}_{side}", one, _numbers(named_sets(one)), needs[one]))
    words: dict[str, list[int]] = {}
    for needed, number in numbers.items():
        for word in needed:
            words.setdefault(word, []).append(number)
    return contexts, [(word, _numbers(words[word])) for word in sorted(words)]


def rows(pack: Pack) -> dict[str, tuple[tuple[str, ...], Rows]]:
    """Table -> (columns, rows), in an order that satisfies the foreign keys. Deterministic."""
    categories = [
        (c.code, c.label, c.law, c.advice, c.inline, c.quoted, c.unsure, c.capitals)
        for _, c in sorted(pack.categories.items())
    ]
    rules: Rows = []
    terms: Rows = []
    keys: Rows = [(0, 0, "{}", "{}", "{}", "", "")]
    anchors: dict[str, list[int]] = {MASKED: [0]}
    firsts: dict[int, Need] = {0: NOTHING, LEADS: NOTHING}  # what a key needs that is looked at first
    maskable: dict[str, str] = {}
    limits = pack.weights.limits if pack.weights else {}
    for rule in pack.rules:
        calm = limits.get(rule.id)
        rules.append((rule.id, rule.category, rule.level, rule.why, rule.key, rule.together, calm))
        for term in rule.terms:
            number = len(terms) + 1
            loose = loosened(term.pattern) if term.raw else ""
            holds = "".join("[0-9]" if c == "0" else f"[{c}]" for c in term.holds)
            named = _numbers(named_sets(term.pattern))
            terms.append((number, rule.id, term.pattern, named, term.words, term.raw))
            for key in term.keys:
                first, *others = key.needs or (NOTHING,)
                needs = map(_numbers, zip(*others, strict=True) if others else ((),) * 3)
                firsts[len(keys)] = first
                for word in key.anchors:
                    anchors.setdefault(word, []).append(len(keys))
                keys.append((len(keys), number, *needs, holds, loose))
        for word in rule.maskable:
            maskable[word] = min(rule.id, maskable.get(word, rule.id))
    weights: Rows = []
    scale: Rows = []
    leading = Scale(pack.weights).leading if pack.weights else frozenset[str]()
    keys.append((LEADS, LEADS, "{}", "{}", "{}", "", ""))
    for word in leading:
        anchors.setdefault(word, []).append(LEADS)
    if pack.weights:
        told = {"": pack.weights.fault, **pack.weights.categories}
        beside = {"close": pack.weights.close, "far": pack.weights.far, "sign": pack.weights.signs}
        bases = {"": pack.weights.bias, **pack.weights.bases}
        weights = [
            (code, token, n)
            for code, tokens in sorted({**told, **beside}.items())
            for token, n in sorted(tokens.items())
        ]
        scale = [
            (
                code,
                bases[code],
                pack.weights.threshold,
                pack.weights.sure,
                "{}" if code else _array(sorted(leading)),
                "{}" if code else _array(sorted(pack.persons)),
            )
            for code in sorted(told)
        ]
    spelt = [sorted(spellings(words)) for words in pack.sets]
    contexts, needed = _contexts(pack, spelt)
    return {
        "category": (
            ("code", "label", "law", "advice", "inline", "quoted", "unsure", "capitals"),
            list(categories),
        ),
        "message": (("name", "body"), sorted(pack.messages.items())),
        "rule": (("id", "category", "level", "why", "key", "together", "calm"), rules),
        "context": (("rule_id", "kind", "pattern", "sets", "need"), contexts),
        "needed": (("word", "needs"), needed),
        "term": (("id", "rule_id", "pattern", "sets", "span", "raw"), terms),
        "key": (("id", "term_id", "sets", "least", "most", "holds", "loose"), keys),
        "word_set": (
            ("id", "words"),
            [
                (n, "{}" if len(s) > LARGE else _array(words))
                for n, (s, words) in enumerate(zip(pack.sets, spelt, strict=True))
            ],
        ),
        "large_set": (
            ("id", "word"),
            [(n, w) for n, s in enumerate(pack.sets) if len(s) > LARGE for w in spelt[n]],
        ),
        "anchor": (
            ("token", "part", "near", "least", "most", "set_ids", "leasts", "mosts", "key_ids"),
            _anchors(anchors, firsts, pack.sets),
        ),
        "maskable": (("word", "rule_id"), sorted(maskable.items())),
        "weight": (("category", "token", "weight"), weights),
        "scale": (
            ("category", "base", "threshold", "sure", "lead_words", "person_words"),
            scale,
        ),
    }


def _anchors(
    anchors: Mapping[str, Sequence[int]], firsts: Mapping[int, Need], sets: Sequence[frozenset[str]]
) -> Rows:
    """A row for each part of what an anchor asks for; `firsts` has what each of its keys needs first.

    The forms of a word open the same keys: what these ask for is put together once.
    """
    found: Rows = []
    known: dict[tuple[int, ...], Rows] = {}
    least = [min(words) for words in sets]
    for word, numbers in sorted(anchors.items()):
        opened = tuple(numbers)
        parts = known.get(opened)
        if parts is None:
            needs: dict[Need, list[int]] = {}
            for number in opened:
                needs.setdefault(firsts[number], []).append(number)
            parts = known[opened] = list(_parts(needs, sets, least))
        found += [(word, n, *part) for n, part in enumerate(parts)]
    return found


def _parts(
    needs: Mapping[Need, Sequence[int]], sets: Sequence[frozenset[str]], firsts: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """What keys ask for, by what they need first, in parts that few words open: (near, least, most, the needs and the key of each).

    `firsts` has the first word of each set, by which needs of the same distance are put in order.
    `near` are the words of which a part needs one, from `least` to `most` words away; empty where it needs none or too many.
    """
    parts: list[tuple[Set[str], list[Need]]] = [(frozenset(), [NOTHING])] if NOTHING in needs else []
    apart = [n for n in needs if n[0] >= 0]
    if len(apart) > 1:
        apart.sort(key=lambda n: (n[1], n[2], firsts[n[0]], n))
    full = True
    for need in apart:
        words = sets[need[0]]
        if full or len(parts[-1][1]) == MAX_NEEDS or len(parts[-1][0] | words) > MAX_NEAR:
            parts.append((words, [need]))
            full = False
        else:
            near, inside = parts[-1]
            inside.append(need)
            parts[-1] = near | words, inside
    for near, inside in parts:
        numbers: tuple[list[int], ...] = ([], [], [], [])
        for need in inside:
            keys = needs[need]
            for column, number in zip(numbers, need, strict=False):
                column += [number] * len(keys)
            numbers[3].extend(keys)
        yield (
            _array(sorted(near) if len(near) <= MAX_NEAR else ()),
            min(numbers[1]),
            max(numbers[2]),
            *map(_numbers, numbers),
        )


def _array(words: Sequence[str]) -> str:
    """An array of folded words as PostgreSQL reads it."""
    if "null" in words:
        words = ['"null"' if word == "null" else word for word in words]
    return "{" + ",".join(words) + "}"


def _numbers(items: Iterable[int]) -> str:
    """An array of numbers as PostgreSQL reads it."""
    return "{" + ",".join(map(str, items)) + "}"
