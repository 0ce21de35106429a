"""A pack -> its program: the automaton of its phrases, what stands around matches, the weights. Pure."""

from __future__ import annotations

import json
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from motjuste.engine import compiled, misspelling
from motjuste.engine.memory import growing
from motjuste.engine.program import (
    BRANCH,
    DEAD,
    FORK,
    GOES_ON,
    SECTIONS,
    SPELT,
    fork_number,
    hashed,
    placed,
    places,
    rooted,
    rows,
    strings,
)
from motjuste.engine.program import pack as packed
from motjuste.engine.score import Scale
from motjuste.errors import RuleError
from motjuste.model import Expression, Pack, Weights
from motjuste.rulepack import coded, keywords
from motjuste.rulepack.automaton import NUMBER, Builder, Items, State
from motjuste.rulepack.misspelt import NOT_MISSPELT, Misspelt
from motjuste.rulepack.phrase import Choice, Lexicon, Phrase, length
from motjuste.rulepack.rules import Drafted

SCALE = (
    "threshold",
    "leading",
    "sure",
    "bias",
    "limits",
    "spared",
    "bases",
)  # of the weights, what is no column
TERMS, CONTEXTS, EFFECTS = "terms", "contexts", "effects"
SIDES = ("before", "after", "near", "phrase")
EDGE = "^"


@growing()
def program(found: Drafted, pack: Pack, weights: Weights | None, beside: str = "") -> bytes:
    """The program of these rules, `beside` the one with this digest. `pack` is what they were read to: of it the program keeps what
    a finding or a proposal needs, not its examples. Raises RuleError.
    """
    compiler = Compiler(found.lexicon)
    rules = {r.id: r for r in pack.rules}
    for rule_id, table in found.rules.items():
        if rule_id not in rules:
            continue  # something is wrong with it
        one = rules[rule_id].expression
        compiler.rule(rule_id, table, [_raw(one)] if one else [])
    for code, effects in found.effects.items():
        compiler.category(code, effects)
    scale = {} if pack.weights is None else {n: getattr(pack.weights, n) for n in SCALE}
    light = replace(
        pack,
        rules=tuple(replace(r, match=(), bad=(), allowed=()) for r in pack.rules),
        weights=None,
    )
    return compiler.program(
        {"pack": compiled.dump(light), "scale": scale, "beside": beside}, weights, found.misspelt
    )


def _raw(one: Expression) -> dict[str, Any]:
    keys = [
        [list(call.words), [[[word], least, most] for word, least, most in call.beside]] for call in one.calls
    ]
    return {"pattern": one.pattern, "reach": one.reach, "keys": keys}


class Compiler:
    """Takes in the rules of a pack, gives its program; `lexicon` reads what their authors wrote."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._builder = Builder()
        self._terms: dict[tuple[int, Phrase], int] = {}
        self._rule_of: list[int] = []
        self._single: dict[int, int] = {}
        self._alternatives: dict[tuple[str, str], int] = {}
        self._rules: list[dict[str, Any]] = []
        self._effects: dict[str, list[dict[str, list[int]]]] = {}
        self._first: defaultdict[tuple[str, int], set[int]] = defaultdict(
            set
        )  # of a phrase, the items it begins with

    def rule(self, rule_id: str, table: Mapping[str, Any], raw: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in a rule; `raw` are its regular expressions, with the words that call for them. Raises RuleError."""
        number = len(self._rules)
        for source in table.get("match", ()):
            phrase = self._lexicon.parse(source)
            whole = len(phrase) == 1 and isinstance(phrase[0], Choice) and not phrase[0].optional
            for option in phrase[0].options if whole else (phrase,):  # type: ignore[union-attr]
                try:
                    self._term(number, option)
                except RuleError as exc:
                    raise RuleError(f"{source!r}: {exc.message}") from exc
        self._rules.append(
            {
                "id": rule_id,
                **{kind: self._sides(table.get(kind, {})) for kind in ("needs", "unless")},
                "raw": [dict(one) for one in raw],
            }
        )

    def _term(self, rule: int, phrase: Phrase) -> None:
        if length(phrase) == (1, 1):
            # the single words of a rule are one term: no two of them overlap
            number = self._single.get(rule)
            if number is None:
                number = self._single[rule] = len(self._rule_of)
                self._rule_of.append(rule)
        elif (rule, phrase) in self._terms:
            return
        else:
            number = self._terms[rule, phrase] = len(self._rule_of)
            self._rule_of.append(rule)
        self._add(TERMS, phrase, number)

    def _add(self, root: str, phrase: Phrase, number: int) -> None:
        self._first[root, number] |= self._builder.add(root, phrase, number)

    def _sides(self, table: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        """Side -> the numbers of its alternatives; -1 is the edge of a clause."""
        return {side: self._numbers(CONTEXTS, terms) for side, terms in table.items() if terms}

    def _numbers(self, root: str, terms: Iterable[str]) -> list[int]:
        return sorted({self._alternative(root, term) for term in terms})

    def _alternative(self, root: str, source: str) -> int:
        if source == EDGE:
            return -1
        number = self._alternatives.get((root, source))
        if number is None:
            number = self._alternatives[root, source] = len(self._alternatives)
            self._add(root, self._lexicon.parse(source), number)
        return number

    def category(self, code: str, effects: Sequence[Mapping[str, Any]]) -> None:
        """Take in what the effects of a category look for in a sentence."""
        self._effects[code] = [
            {field: self._numbers(EFFECTS, effect.get(field, ())) for field in ("when", "said", "without")}
            for effect in effects
        ]

    def program(
        self, meta: Mapping[str, Any], weights: Weights | None, misspelt: Misspelt = NOT_MISSPELT
    ) -> bytes:
        """The bytes of the program; `meta` is what it says besides."""
        class_of, members = self._builder.classes()
        class_of, members = _arranged(class_of, members)
        often = _often(class_of, self._lexicon.frequency)
        states, roots = _by_use(*self._builder.states(members), often)
        used = sorted({fork.but for state in states for fork in state.forks if fork.but >= 0})
        buts = {old: number for number, old in enumerate(used)}
        sections = {
            "meta": json.dumps(
                {
                    **meta,
                    "rules": self._rules,
                    "term_rules": self._rule_of,
                    "effects": self._effects,
                    "alternatives": len(self._alternatives),
                    "roots": roots,
                    "sets": {str(number): members[old] for old, number in buts.items()},
                    "columns": list(_columns(weights)) if weights else [],
                    "leading": sorted(Scale(weights).leading) if weights else [],
                },
                ensure_ascii=False, separators=(",", ":"),
            ).encode()
        }  # fmt: skip
        class_of |= dict.fromkeys(sorted({*misspelt.meant, *misspelt.real} - class_of.keys()), 0)
        sections |= _words(
            class_of, [states[roots[r]] if r in roots else None for r in (TERMS, CONTEXTS, EFFECTS)]
        )
        sections |= _states(states, buts)
        sections |= _weights(weights)
        sections |= self._phrases(members)
        sections |= rows("but_at", "buts", "I", [members[old] for old in used])
        sections |= coded.sections(self._rules, self._rule_of)
        sections |= _misspelt(misspelt, sorted(class_of, key=str.encode))
        return packed({name: sections[name] for name in SECTIONS})

    def _phrases(self, members: Sequence[Sequence[int]]) -> dict[str, bytes]:
        """The phrases one by one, for an executor without the automaton: terms, then alternatives; those of effects are empty."""
        sets = self._builder.sets
        often = keywords.weights(sets, self._lexicon.frequency, NUMBER)
        known = keywords.Phrases(self._builder.items, often, list(map(len, sets)))
        roots = [(TERMS, n) for n in range(len(self._rule_of))] + [
            (CONTEXTS, n) for n in range(len(self._alternatives))
        ]
        firsts: list[Items] = [frozenset(self._first.get(root, ())) for root in roots]
        entries = [known.keywords(first) if first else [] for first in firsts]
        codes = [
            known.code(first, keys) if first else [] for first, keys in zip(firsts, entries, strict=True)
        ]
        new: dict[int, int] = {}

        def number(old: int) -> int:
            return new.setdefault(old, len(new))

        for code in codes:
            for at in placed(code):
                code[at] = number(code[at])
        forks = [
            (least, most, number(but) if but >= 0 else but, signs) for least, most, but, signs in known.forks
        ]
        near: dict[tuple[int, ...], int] = {}
        told = array("i")
        for n, keys in enumerate(entries):
            for entry, k in enumerate(keys):
                told.extend((number(k.set), n, entry))
                for beside, least, most in k.near:
                    told.extend((least, most, near.setdefault(beside, len(near))))
        return {
            **rows("phrase_at", "phrases", "i", codes),
            "phrase_forks": array("i", [n for fork in forks for n in fork]).tobytes(),
            "keywords": told.tobytes(),
            **rows("near_at", "near", "I", [[number(s) for s in sets] for sets in near]),
            **rows("set_at", "set_classes", "I", [members[old] for old in new]),
        }


def _misspelt(table: Misspelt, words: Sequence[str]) -> dict[str, bytes]:
    """The words that misspellings are read as, and where each is found: by itself and with a letter less."""
    number = {w: n for n, w in enumerate(words)}
    keys = sorted(
        (zlib.crc32(key.encode()), rank)
        for rank, word in enumerate(table.meant)
        for key in misspelling.keys(word)
    )
    begin = array("I")
    if keys:
        size = [0] * ((1 << SPELT) + 1)
        for key, _ in keys:
            size[(key >> 32 - SPELT) + 1] += 1
        begin.extend(accumulate(size))
    return {
        "spelt": array("I", [number[w] for w in table.meant]).tobytes(),
        "spelt_at": begin.tobytes(),
        "spelt_key": array("I", [key for key, _ in keys]).tobytes(),
        "spelt_of": array("H", [rank for _, rank in keys]).tobytes(),
        "usual": array("I", sorted(number[w] for w in table.usual)).tobytes(),
    }


def _arranged(
    class_of: Mapping[str, int], members: Sequence[Sequence[int]]
) -> tuple[dict[str, int], list[list[int]]]:
    """The classes numbered anew: those of the same large sets side by side, so that states share nodes of transitions."""
    held: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, classes in enumerate(members):
        for one in classes:
            held[one].append((-len(classes), number))
    order = sorted(held, key=lambda one: (sorted(held[one]), one))
    new = {old: number for number, old in enumerate(order, 1)}
    return {w: new[c] for w, c in class_of.items()}, [sorted(new[c] for c in classes) for classes in members]


def _words(class_of: Mapping[str, int], roots: Sequence[State | None]) -> dict[str, bytes]:
    """The words with their classes, and the state after each from each root: where all walks begin."""
    words = sorted(class_of, key=str.encode)
    first = array("i", [root.row.get(class_of[w], DEAD) if root else DEAD for w in words for root in roots])
    return {
        **strings(words, "words", "word_at"),
        "word_hash": hashed(map(str.encode, words)),
        "word_class": array("I", [class_of[w] for w in words]).tobytes(),
        "word_first": first.tobytes(),
    }


def _often(class_of: Mapping[str, int], frequency: Callable[[str], float]) -> list[float]:
    """By class, how often notes hold a word of it."""
    found = [0.0] * (max(class_of.values(), default=0) + 1)
    for word in sorted(class_of):
        found[class_of[word]] += frequency(word)
    return found


def _by_use(
    states: Sequence[State], roots: Mapping[str, int], often: Sequence[float]
) -> tuple[list[State], dict[str, int]]:
    """The states and the roots numbered anew: those that notes meet most stand side by side, which is what memory is quick at."""
    use = [0.0] * len(states)
    for name, weight in ((TERMS, 1.0), (CONTEXTS, 0.1)):
        if name in roots:
            use[roots[name]] += weight
    for here, state in zip(use, states, strict=True):  # nearly all stand behind those that lead to them
        for fork in state.forks:
            use[fork.state] += here
        for one, after in state.row.items():
            use[after] += here * often[one]
    order = sorted(range(len(states)), key=lambda n: -use[n])
    new = {old: number for number, old in enumerate(order)}
    found = [
        State(
            states[old].accepts,
            tuple(fork._replace(state=new[fork.state]) for fork in states[old].forks),
            {one: new[after] for one, after in states[old].row.items()},
        )
        for old in order
    ]
    return found, {name: new[root] for name, root in roots.items()}


def _states(states: Sequence[State], buts: Mapping[int, int]) -> dict[str, bytes]:
    classes = max((one for state in states for one in state.row), default=0)
    first = BRANCH * max((classes.bit_length() - 1) // BRANCH, 0)
    nodes: dict[tuple[int, ...], int] = {}
    transitions, accepts, forks, told = array("I", [first]), array("I"), array("I"), array("I")

    def node(made: Sequence[int]) -> int:
        """Where a node stands: equal ones are made once."""
        at = nodes.setdefault(tuple(made), len(transitions))
        if at == len(transitions):
            transitions.extend(made)
        return at

    none = node([0])
    seats = [places(one) for one in range(classes + 1)]
    masks = [_mask(state, seats) for state in states]
    roots: dict[tuple[tuple[int, int], ...], int] = {(): none}  # row -> its node: many states have the same
    for state, mask in zip(states, masks, strict=True):
        row = tuple(sorted(state.row.items()))
        at = roots.get(row, -1)
        if at < 0:
            at = roots[row] = rooted(row, first, node)
        told.extend((mask & 0xFFFFFFFF, mask >> 32, at, transitions[at]))
        told.extend((len(accepts), len(accepts) + len(state.accepts)))
        told.extend((len(forks) // FORK, len(forks) // FORK + len(state.forks)))
        accepts.extend(state.accepts)
        for one in state.forks:
            after = masks[one.state]
            asked = fork_number(one.least, one.most, buts.get(one.but, one.but), one.signs)
            forks.extend((asked, one.state, after & 0xFFFFFFFF, after >> 32))
    arrays = {"states": told, "accepts": accepts, "forks": forks, "transitions": transitions}
    return {name: content.tobytes() for name, content in arrays.items()}


def _mask(state: State, seats: Sequence[int]) -> int:
    mask = GOES_ON if state.accepts or state.forks else 0
    for one in state.row:
        mask |= seats[one]
    return mask


def _columns(weights: Weights) -> dict[str, Mapping[str, int]]:
    return {
        "fault": weights.fault, "close": weights.close, "far": weights.far, "signs": weights.signs,
        "sense": weights.sense, **weights.categories,
    }  # fmt: skip


def _weights(weights: Weights | None) -> dict[str, bytes]:
    columns = _columns(weights) if weights else {}
    features = sorted({f for column in columns.values() for f in column}, key=str.encode)
    numbers = array("b", [column.get(f, 0) for column in columns.values() for f in features])
    leading = Scale(weights).leading if weights else frozenset()
    leads = [(f.encode(), n) for n, f in enumerate(features) if f in leading]
    return {
        **strings(features, "features", "feature_at"),
        "weights": numbers.tobytes(),
        "feature_hash": hashed(map(str.encode, features)),
        "leading_hash": hashed([f for f, _ in leads], [n for _, n in leads]),
    }
