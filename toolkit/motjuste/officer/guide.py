"""The training booklet: per category the reason, the law, pairs to avoid and to write, and a quiz, made from the pack. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from motjuste.engine.matcher import Matcher
from motjuste.errors import ConfigError
from motjuste.model import CATEGORIES, Category, Change, Example, Pack, Rule
from motjuste.officer.pages import Propose, proposals
from motjuste.rulepack.rule import mark

PAIRS = 6  # a category
LOOK_ALIKES = 5
LONGEST = 140  # code points: a pair is read at a glance


@dataclass(frozen=True)
class Marked:
    """A note to avoid, in three parts, the middle one being the fault."""

    before: str
    fault: str
    after: str

    @classmethod
    def of(cls, example: Example) -> Marked:
        """The parts of an example."""
        end = example.start + example.length
        return cls(example.text[: example.start], example.text[example.start : end], example.text[end:])


@dataclass(frozen=True)
class Pair:
    """A note to avoid and the one to write instead; '' where nothing is worth writing."""

    avoid: Marked
    write: str


@dataclass(frozen=True)
class Chapter:
    """One category of the booklet. `allowed` are look-alikes that may be written, `changes` what the trade changes."""

    category: Category
    reason: str
    pairs: tuple[Pair, ...]
    allowed: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Question:
    """A note to judge: `category` and `pair` say what is wrong with it, None where it may be written."""

    number: int
    text: str
    category: Category | None = None
    pair: Pair | None = None


def chapters(matcher: Matcher, texts: Mapping[str, Any], whole: Pack | None = None) -> list[Chapter]:
    """The chapters of the categories, in their order; `texts` is what guide.toml says of each, by its code.

    `whole` is the pack before its profile fitted it to a trade, by which a chapter says what the trade changes.
    """
    pack = matcher.pack
    propose = proposals(matcher)
    changes = pack.profiles[pack.profile].changes if pack.profile in pack.profiles else ()
    found = []
    for code in CATEGORIES:
        rules = [r for r in pack.rules if r.category == code]
        concerned = {code, *(r.id for r in (whole or pack).rules if r.category == code)}
        if len(concerned) > 1:
            found.append(
                Chapter(
                    pack.categories[code],
                    texts["reason"].get(code, ""),
                    tuple(
                        islice(
                            chain(
                                _taught(texts["pairs"].get(code, ()), code, matcher), _pairs(rules, propose)
                            ),
                            PAIRS,
                        )
                    ),
                    tuple(_spread([[t for t in r.allowed if len(t) <= LONGEST] for r in rules], LOOK_ALIKES)),
                    tuple(c for c in changes if c.target in concerned),
                )
            )
    return found


def _taught(pairs: Iterable[Mapping[str, str]], code: str, matcher: Matcher) -> Iterator[Pair]:
    """The pairs of guide.toml whose note is a finding of this category under the pack in use: a trade may allow it."""
    for pair in pairs:
        shown = mark(pair["bad"])
        if any(m.category == code for m in matcher.find(shown.text)):
            yield Pair(Marked.of(shown), pair["fixed"])


def _pairs(rules: Sequence[Rule], propose: Propose) -> Iterator[Pair]:
    """Pairs of as many rules as can be; first those of which an author wrote both sides."""
    short = [[e for e in rule.bad if len(e.text) <= LONGEST] for rule in rules]
    written = [[e for e in examples if e.fixed] for examples in short]
    others = [[e for e in examples if e.fixed is None] for examples in short]
    for example in [*_spread(written, PAIRS), *_spread(others, PAIRS)][:PAIRS]:
        yield Pair(Marked.of(example), propose(example))


def _spread(groups: Sequence[Sequence[Any]], most: int) -> list[Any]:
    """The first of each group, then the second, and so on: at most so many, none twice."""
    found: dict[Any, None] = {}
    for turn in range(max(map(len, groups), default=0)):
        for group in groups:
            if turn < len(group) and len(found) < most:
                found.setdefault(group[turn])
    return list(found)


def quiz(matcher: Matcher, size: int, seed: int) -> list[Question]:
    """`size` notes to judge, half of them at fault, from all categories in turn; the same seed gives the same quiz.

    Raises ConfigError where the pack has not so many examples.
    """
    draw = random.Random(seed)
    pack = matcher.pack
    propose = proposals(matcher)
    by_category = [[r for r in pack.rules if r.category == code] for code in CATEGORIES]
    faulty: list[list[Example]] = [
        [e for r in rules for e in r.bad if len(e.text) <= LONGEST] for rules in by_category
    ]
    clean = [[t for r in rules for t in r.allowed if len(t) <= LONGEST] for rules in by_category]
    for examples in faulty:
        draw.shuffle(examples)
    for texts in clean:
        draw.shuffle(texts)
    order = list(range(len(by_category)))
    draw.shuffle(order)
    wrong: list[Example] = _spread([faulty[n] for n in order], size // 2)
    right: list[str] = _spread([clean[n] for n in order], size - len(wrong))
    if len(wrong) + len(right) < size:
        raise ConfigError(
            f"the pack has no {size} examples", hint=f"ask for {len(wrong) + len(right)} questions at most"
        )
    code_of = {e: r.category for r in pack.rules for e in r.bad}
    drawn: list[Example | str] = [*wrong, *right]
    draw.shuffle(drawn)
    return [
        Question(n, item)
        if isinstance(item, str)
        else Question(n, item.text, pack.categories[code_of[item]], Pair(Marked.of(item), propose(item)))
        for n, item in enumerate(drawn, 1)
    ]


def notice(texts: Mapping[str, str], mode: str) -> str:
    """What stands beside a comment field of a watched column: its wording (guide.toml), then what its mode does."""
    return f"{texts['field']} {texts[mode]}"


def commented(comment: str, texts: Mapping[str, str], mode: str) -> str:
    """The comment of a column with its notice as the last line, in place of an earlier one."""
    kept = [line for line in comment.splitlines() if not line.startswith(texts["field"])]
    return "\n".join([*kept, notice(texts, mode)])
