"""What words weigh together, learnt again from labelled notes: `make weights`.

Give the notes that rules are tuned on, never those that check them. Needs the extra `learning` (scikit-learn).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motjuste import assets
from motjuste.engine.matcher import Matcher
from motjuste.engine.score import (
    AROUND,
    STEM,
    Scale,
    against,
    body,
    close_features,
    far_features,
    features,
    plain,
    sentences,
    weight,
)
from motjuste.engine.text import fold, words_of
from motjuste.errors import MotjusteError
from motjuste.learning import command, figures, provenance
from motjuste.model import Pack, Rule, Weights

# What a sentence counts, beside 1 for that of a note, that was written as a proposal, for a rule, and in French of other kinds than notes.
PROPOSAL, EXAMPLE, GENERAL = 0.3, 0.9, 2.0
SCALE = 10  # tenths of a log-odds
FEWEST = 2  # sentences that hold a word
LEAST = 2  # that a pair of words weighs: those of 1 are half of all, and tell nothing
FAULT, EVEN, CATEGORY, RULE = 0.15, 0.35, 1.0, 0.5  # inverse strength of the penalty: L2, L2, L1, L2
SHARE = 0.4  # of what is learnt by an even pace in the weights of a fault
# In tenths too: a choice, see tests/corpus/README.md.
THRESHOLD = -2
SURE = -2
LEADING = 6  # words of less are in most notes, and tell little
FOUND = 1.27  # log-odds from which on a match is a finding
MOST = -12  # no rule is so doubtful that its matches need more to be said for them
SHY = 0.3  # of the words around a match, which are many, as against what its sentence weighs
OF_NOTE = -10  # what a sentence without a match weighs that is learnt from
SENSE = 1.5  # inverse strength of the penalty: L2
SPARED = 2.2  # log-odds from which on a match of level block is one, whatever its sentence says
NEARBY = 0.5  # of words that do not stand right beside a match
OFTEN = 20  # matches that bear a sign
FOLDS = 4  # parts of the notes, of which each is weighed by what the others teach
ROUNDS = 20  # of counting again, and for more, what is on the wrong side


@dataclass(frozen=True)
class Sentence:
    """A sentence to learn from: where it is, its words in order, whether it is at fault, the categories of its note or
    rule, how much it counts."""

    start: int = field(compare=False)
    end: int = field(compare=False)
    words: tuple[str, ...]
    faulty: bool
    categories: frozenset[str] = frozenset()
    count: float = 1.0


@dataclass(frozen=True)
class Heard:
    """A match of a rule, or, where that is None, a sentence without one: its own words, those of the sentence and of each
    around it, the signs that it bears, and whether its note or sentence is at fault."""

    rule: Rule | None
    own: tuple[str, ...]
    words: tuple[str, ...]
    around: tuple[tuple[str, ...], ...]
    signs: tuple[str, ...]
    faulty: bool
    sense: frozenset[str] = frozenset()  # of a match of level block: what says what it means


@dataclass(frozen=True)
class Lesson:
    """What is learnt from one note: its sentences, those of its proposal, and the matches that the words around may outweigh.

    `part` is that of its file: the notes of one resemble each other.
    """

    sentences: tuple[Sentence, ...]
    heard: tuple[Heard, ...]
    part: int


def learn(folder: Path, files: Sequence[Path]) -> str:
    """Write `folder`/built/weights.toml: what words weigh together, learnt from the labelled notes of `files`; what was learnt, in a line.

    The texts that the rules' examples say must be left alone are learnt too. Raises MotjusteError where a line is no labelled note, or
    where nothing tells what is at fault.
    """
    matcher = Matcher(assets.shipped_program(), assets.pack())
    rules = _weighed(matcher.pack)
    notes = [
        (n, note)
        for n, file in enumerate(files)
        for note in figures.read(file.read_text(encoding="utf-8"), str(file))
    ]
    lessons = [
        _lesson(note, matcher, rules, (file if len(files) >= FOLDS else n) % FOLDS, _count(files[file]))
        for n, (file, note) in enumerate(notes)
    ]
    learnt = [s for lesson in lessons for s in lesson.sentences]
    if len({s.faulty for s in learnt}) < 2:
        raise MotjusteError(
            "these notes are all alike: nothing tells what is at fault",
            hint="give notes with and without a fault",
        )
    examples = _examples(matcher.pack)
    examples += [s for text in _taught(folder) for s in _read(text, count=EXAMPLE)]
    fault, bias = _fault(learnt, examples)
    known = frozenset(c for s in learnt for c in s.categories)
    categories, bases = _categories([s for s in (*learnt, *examples) if s.faulty and s.categories & known])
    weights = Weights(THRESHOLD, LEADING, SURE, bias, {}, {}, {}, {}, fault, bases, categories)
    told = provenance("make weights", files)
    _write(
        folder / "built" / "weights.toml",
        _spared(_held(_limited(weights, lessons, examples, rules), matcher, rules), lessons, rules),
        told,
    )
    return f"{len(learnt)} sentences, {sum(s.faulty for s in learnt)} at fault: {len(fault)} weights"


def _weighed(pack: Pack) -> dict[str, Rule]:
    """The rules whose matches the words around them may outweigh: those of the categories that words alone can tell."""
    told = {rule.category for rule in pack.rules if rule.together}
    return {rule.id: rule for rule in pack.rules if rule.category in told and not rule.together}


def _count(file: Path) -> float:
    """What a sentence of a file counts: there are ten times as many notes as there is French of other kinds."""
    return GENERAL if file.name.startswith("general_") else 1.0


def _lesson(
    note: figures.Labelled, matcher: Matcher, rules: Mapping[str, Rule], part: int, count: float = 1.0
) -> Lesson:
    """What is learnt from a labelled note."""
    marked = [m.span() for span in note.spans for m in re.finditer(re.escape(span), note.text)]
    read = list(_read(note.text, marked, note.cats, count))
    heard = _heard(note.text, read, matcher, rules, faulty=bool(note.cats))
    return Lesson((*read, *_read(note.rewrite, count=PROPOSAL)), tuple(heard), part)


def _read(
    text: str,
    marked: Sequence[tuple[int, int]] = (),
    categories: frozenset[str] = frozenset(),
    count: float = 1.0,
) -> Iterator[Sentence]:
    """The sentences of a text; `marked` are the offsets of its violations."""
    variant = body(text)
    for start, end, words in sentences(variant.body):
        first, length = variant.original(start, end - start)
        faulty = any(a < first + length and b > first for a, b in marked)
        yield Sentence(first, first + length, tuple(plain(words)), faulty, categories, count)


def _heard(
    text: str, read: Sequence[Sentence], matcher: Matcher, rules: Mapping[str, Rule], *, faulty: bool
) -> Iterator[Heard]:
    """The matches of these rules that lie in a sentence of the text, and the sentences in which no rule matches."""
    around = [
        tuple(s.words for s in read[max(n - AROUND, 0) : n + AROUND + 1] if s is not sentence)
        for n, sentence in enumerate(read)
    ]
    ruled = sorted(matcher.ruled(text), key=lambda m: (m.start, m.length, m.rule))
    for m in ruled:
        n = next((n for n, s in enumerate(read) if s.start <= m.start and m.end <= s.end), None)
        if n is not None and m.rule in rules:
            own = tuple(plain(words_of(fold(text[m.start : m.end]))))
            signs = matcher.signs(m, text, read[n].words)
            sense = frozenset(matcher.sense(m, text)) if rules[m.rule].level == "block" else frozenset()
            yield Heard(rules[m.rule], own, read[n].words, around[n], signs, faulty, sense)
    for n, s in enumerate(read):
        if not any(m.start < s.end and m.end > s.start for m in ruled):
            yield Heard(None, (), s.words, around[n], (), s.faulty)


def _examples(pack: Pack) -> list[Sentence]:
    """The sentences of the rules' examples: those that hold a mark are at fault, those to leave alone are not, nor is what a
    proposal says in place of a fault."""
    found = [s for text in _said(pack) for s in _read(text, count=EXAMPLE)]
    for rule in pack.rules:
        for example in () if rule.firm else rule.bad:
            marked = [(example.start, example.start + example.length)]
            found += [s for s in _read(example.text, marked, frozenset({rule.category}), EXAMPLE) if s.faulty]
        for text in (*rule.allowed, *(e.fixed for e in rule.bad if e.fixed)):
            found += _read(text, count=EXAMPLE)
    return list(dict.fromkeys(found))


def _said(pack: Pack) -> Iterator[str]:
    """The effects that proposals name, without their slots."""
    effects = [effect.say for category in pack.categories.values() for effect in category.effects]
    for say in (*effects, *(rule.say for rule in pack.rules if rule.say)):
        yield re.sub(r"\[[^]]*\]|\{[^}]*\}", "", say)


def _taught(folder: Path) -> Iterator[str]:
    """What the training booklet says to write."""
    guide = folder / "guide.toml"
    pairs = tomllib.loads(guide.read_text(encoding="utf-8")).get("pairs", {}) if guide.exists() else {}
    yield from (pair["fixed"] for told in pairs.values() for pair in told)


def _fault(learnt: Sequence[Sentence], examples: Sequence[Sentence]) -> tuple[dict[str, int], int]:
    """(weights, bias): what the examples say must be left alone counts for more until no sum of it is a finding."""
    for _ in range(ROUNDS):
        weights, bias = _weights(learnt, examples)
        wrong = {s for s in examples if not s.faulty and bias + weight(s.words, weights) >= THRESHOLD}
        if not wrong:
            return weights, bias
        examples = [replace(s, count=s.count * 3) if s in wrong else s for s in examples]
    raise MotjusteError(
        f"{len(wrong)} sentences of the rules' examples still weigh too much",
        hint="raise ROUNDS or THRESHOLD in learning/weights.py",
    )


def _weights(learnt: Sequence[Sentence], examples: Sequence[Sentence]) -> tuple[dict[str, int], int]:
    """(weights, bias) of the words, by which a sentence is judged a violation."""
    every = [*learnt, *examples]
    rows, counts, labels = _rows(every), [s.count for s in every], [[s.faulty for s in every]]
    [(told, bias)] = _regressions(rows, labels, FAULT, counts, by_ratio=True)
    [(evenly, even_bias)] = _regressions(rows, labels, EVEN, counts)
    shared = {f: (1 - SHARE) * n + SHARE * evenly[f] for f, n in told.items()}
    return _integers(shared, (1 - SHARE) * bias + SHARE * even_bias)


def _limited(
    learnt: Weights, lessons: Sequence[Lesson], examples: Sequence[Sentence], rules: Mapping[str, Rule]
) -> Weights:
    """The weights with what must be said against a match of each rule, and what else says something of it.

    A logistic regression on the sum of its sentence by weights that have not met its note, on its rule, category and
    level, on the signs that it bears, on the words beside it and on those of the sentences around. Of these the sentences
    in which no rule matches, and that weigh something, tell as well.
    """
    heard: list[tuple[Heard, int]] = []
    for part in range(FOLDS):
        taught = [s for lesson in lessons if lesson.part != part for s in lesson.sentences]
        weights, bias = _weights(taught, examples)
        heard += [
            (h, bias + weight(h.words, weights) - against(h.own, weights))
            for lesson in lessons
            for h in lesson.heard
            if lesson.part == part
        ]
    heard = [(h, n) for h, n in heard if h.rule or n > OF_NOTE]
    if len({h.faulty for h, _ in heard}) < 2:
        return learnt
    [(told, at)] = _regressions([_traits(h, n) for h, n in heard], [[h.faulty for h, _ in heard]], RULE)
    by_word = told.get("weight", 0) / SCALE
    if by_word <= 0:
        return learnt

    def limit(rule: Rule) -> int:
        known = sum(n * told.get(t, 0) for t, n in _known(rule).items())
        return min(MOST, round((FOUND - at - known) / by_word))

    def table(name: str, count: float) -> dict[str, int]:
        found = {
            t.removeprefix(name): round(n * count / by_word) for t, n in told.items() if t.startswith(name)
        }
        return {word: n for word, n in found.items() if n}

    limits = {name: limit(rule) for name, rule in rules.items()}
    borne = Counter(s for h, _ in heard for s in h.signs)
    signs = {sign: n for sign, n in table("sign ", 1).items() if borne[sign] >= OFTEN}
    close, far = table("close ", SHY), table("far ", SHY)
    return replace(learnt, limits=limits, signs=signs, close=close, far=far)


def _spared(learnt: Weights, lessons: Sequence[Lesson], rules: Mapping[str, Rule]) -> Weights:
    """The weights with what says that a match of level block means something else.

    A logistic regression on the words right beside it, on how it is written and on its rule, not on its sentence.
    """
    heard = [(h.rule, h) for lesson in lessons for h in lesson.heard if h.rule and h.rule.level == "block"]
    if len({h.faulty for _, h in heard}) < 2:
        return learnt

    def known(rule: Rule) -> dict[str, float]:
        return {f"rule {rule.id}": 2, f"category {rule.category}": 1}

    def beside(feature: str) -> float:
        return NEARBY if len(feature) <= STEM else 1

    rows = [{**{f"sense {s}": beside(s) for s in sorted(h.sense)}, **known(rule)} for rule, h in heard]
    [(told, at)] = _regressions(rows, [[h.faulty for _, h in heard]], SENSE)
    named = {name.removeprefix("sense "): n for name, n in told.items() if name.startswith("sense ")}
    sense = {f: round(n * beside(f) * SCALE) for f, n in named.items()}
    spared = {
        rule.id: round((SPARED - at - sum(n * told.get(t, 0) for t, n in known(rule).items())) * SCALE)
        for rule in rules.values()
        if rule.level == "block"
    }
    return replace(learnt, sense={f: n for f, n in sense.items() if abs(n) >= LEAST}, spared=spared)


def _traits(heard: Heard, weight: int) -> dict[str, float]:
    """The features of a match, or of a sentence without one."""
    traits: dict[str, float] = {"weight": max(-60, min(60, weight)) / SCALE}
    far = Counter(f for words in heard.around for f in far_features(words))
    traits |= {f"far {f}": n * SHY for f, n in far.items()}
    if heard.rule is None:
        return {**traits, "no rule": 1}
    traits |= {f"close {f}": SHY for f in close_features(set(heard.words).difference(heard.own))}
    return {**traits, **_known(heard.rule), **{f"sign {s}": 1.0 for s in heard.signs}}


def _known(rule: Rule) -> dict[str, float]:
    """What is known of a rule: itself, learnt faster than what it shares with others."""
    return {
        f"rule {rule.id}": 2, f"category {rule.category}": 1, "block": rule.level == "block", "firm": rule.firm
    }  # fmt: skip


def _held(learnt: Weights, matcher: Matcher, rules: Mapping[str, Rule]) -> Weights:
    """The weights with the limits lowered where a rule's own examples ask for it."""
    scale = Scale(learnt)
    held = dict(learnt.limits)
    for name in held:
        for example in rules[name].bad:
            read = list(_read(example.text))
            for h in _heard(example.text, read, matcher, {name: rules[name]}, faulty=True):
                if h.rule:
                    told = scale.weight(h.words) + scale.bias + scale.beside(h.words, h.own, h.signs)
                    told += scale.around(map(scale.far, h.around))
                    held[name] = min(held[name], told)
    return replace(learnt, limits=held)


def _categories(faulty: Sequence[Sentence]) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    codes = sorted({c for s in faulty for c in s.categories})
    sets = [[code in s.categories for s in faulty] for code in codes]
    counts = [s.count for s in faulty]
    told = _regressions(_rows(faulty), sets, CATEGORY, counts, l1_ratio=1, by_ratio=True)
    fitted = [_integers(*one) for one in told]
    return {c: w for c, (w, _) in zip(codes, fitted, strict=True)}, {
        c: b for c, (_, b) in zip(codes, fitted, strict=True)
    }


def _rows(learnt: Sequence[Sentence]) -> list[dict[str, float]]:
    """The features of each sentence, in order."""
    return [dict.fromkeys(sorted(features(s.words)), 1.0) for s in learnt]


def _integers(told: Mapping[str, float], bias: float) -> tuple[dict[str, int], int]:
    """(weights that are not 0, bias) of words."""
    scaled = {f: round(n * SCALE) for f, n in told.items()}
    kept = {f: n for f, n in scaled.items() if abs(n) >= (LEAST if " " in f else 1)}
    return kept, round(bias * SCALE)


def _regressions(
    cells: Sequence[Mapping[str, float]],
    labels: Sequence[Sequence[bool]],
    penalty: float,
    counts: Sequence[float] | None = None,
    *,
    l1_ratio: float = 0,
    by_ratio: bool = False,
) -> list[tuple[dict[str, float], float]]:
    """For each list of labels, (coefficients, bias) of a penalised logistic regression on rows of cells by name; what few
    rows hold is left out.

    `by_ratio`: what the labels hold more often than the others, or less, is learnt faster, by the log of how much (S. Wang
    and C. Manning, Baselines and Bigrams, 2012).
    """
    try:
        from scipy.sparse import csr_matrix, diags
        from sklearn.linear_model import LogisticRegression
    except ImportError as exc:
        raise MotjusteError(
            "scikit-learn is not installed", hint="in a clone of motjuste: pip install '.[learning]'"
        ) from exc
    if any(len(set(labelled)) < 2 for labelled in labels):
        raise MotjusteError(
            "these notes are all alike: nothing tells of which category a fault is",
            hint="give notes of two categories at least",
        )
    held = Counter(f for row in cells for f in row)
    known = sorted(f for f, n in held.items() if n >= FEWEST)
    place = {f: n for n, f in enumerate(known)}
    told = [(float(n), at, place[f]) for at, row in enumerate(cells) for f, n in row.items() if f in place]
    values, rows, columns = ([cell[n] for cell in told] for n in range(3))
    matrix = csr_matrix((values, (rows, columns)), shape=(len(cells), len(known)))
    weighed = np.ones(len(cells)) if counts is None else np.array(counts)
    fitted = []
    for labelled in labels:
        pace = _ratio(matrix, np.array(labelled), weighed) if by_ratio else np.ones(len(known))
        model = LogisticRegression(
            C=penalty, l1_ratio=l1_ratio, solver="liblinear", random_state=0, max_iter=2000
        )
        model.fit(matrix @ diags(pace), np.array(labelled), sample_weight=weighed)
        learnt = (model.coef_[0] * pace).tolist()
        fitted.append((dict(zip(known, learnt, strict=True)), float(model.intercept_[0])))
    return fitted


def _ratio(matrix: Any, labelled: NDArray[np.bool_], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each column, the log of how much more of the labelled rows hold it than of the others."""
    told = [np.asarray(matrix[rows].T @ counts[rows]) + 1 for rows in (labelled, ~labelled)]
    held, others = (np.log(n / n.sum()) for n in told)
    return np.asarray(held - others)


def _write(file: Path, learnt: Weights, told: str) -> None:
    def table(name: str, weights: Mapping[str, int]) -> list[str]:
        ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        return ["", f"[{name}]", *(f"{json.dumps(w, ensure_ascii=False)} = {n}" for w, n in ordered)]

    lines = [
        "# What words, four letters that words begin with, and two such in a row weigh together in a sentence, in tenths of a log-odds:",
        "# see engine/score.py.",
        told,
        "",
        f"threshold = {learnt.threshold}",
        f"leading = {learnt.leading}",
        f"sure = {learnt.sure}",
        f"bias = {learnt.bias}",
        *table("limits", learnt.limits),
        *table("spared", learnt.spared),
        *table("signs", learnt.signs),
        *table("close", learnt.close),
        *table("far", learnt.far),
        *table("sense", learnt.sense),
        *table("fault", learnt.fault),
        *table("bases", learnt.bases),
    ]
    for code in sorted(learnt.categories):
        lines += table(f"categories.{code}", learnt.categories[code])
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    command(learn, __doc__)
