"""`motjuste rules weigh`: what words weigh together, learnt again from labelled notes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from motjuste import assets, score
from motjuste.cli import policy
from motjuste.errors import MotjusteError
from motjuste.model import Pack
from motjuste.text import fold, words_of
from motjuste.weights import against, body, features, plain, sentences, weight

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXAMPLE = (
    0.3  # what a sentence counts that was written for a rule or as a proposal, beside 1 for that of a note
)
SCALE = 10  # tenths of a log-odds
FEWEST = 2  # sentences that hold a word
LEAST = 2  # that a pair of words weighs: those of 1 are half of all, and tell nothing
FAULT, CATEGORY = 0.6, 1.0  # inverse strength of the penalty, L2 and L1
# In tenths too. Of the notes of the check part that only weights find, five in six are at fault (300 of 354).
THRESHOLD = 10
CALM = -12
SURE = -2
LEADING = 8  # such words are few, and most notes hold none, which spares their weighing
ROUNDS = 20  # of counting again, and for more, what is on the wrong side


@dataclass(frozen=True)
class Sentence:
    """A sentence to learn from: its words in order, whether it is at fault, those of what is marked in it, the
    categories of its note or rule, how much it counts."""

    words: tuple[str, ...]
    faulty: bool
    own: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()
    count: float = 1.0


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("rules/fr"),
    show_default=True,
)
def weigh(folder: Path, files: tuple[Path, ...]) -> None:
    """Rebuild FOLDER/weights.toml: what words weigh together, learnt from the labelled notes of FILES.

    Needs the extra `learning` (scikit-learn). Give the notes that rules are tuned on, never those that check them. The
    texts that the rules' examples say must be left alone are learnt too.

    \b
    Example: motjuste rules weigh tests/corpus/banque.jsonl tests/corpus/garage.jsonl
    """
    learnt = [s for file in files for s in _labelled(file)]
    if len({s.faulty for s in learnt}) < 2:
        raise MotjusteError(
            "these notes are all alike: nothing tells what is at fault",
            hint="give notes with and without a fault",
        )
    examples = _examples(assets.pack())
    fault, bias = _fault(learnt, examples)
    told = frozenset(c for s in learnt for c in s.categories)
    categories, bases = _categories([s for s in (*learnt, *examples) if s.faulty and s.categories & told])
    _write(folder / "weights.toml", fault, bias, categories, bases)
    click.echo(
        f"{len(learnt)} sentences, {sum(s.faulty for s in learnt)} at fault: {len(fault)} weights", err=True
    )


def _labelled(file: Path) -> Iterator[Sentence]:
    """The sentences of the labelled notes of a file, and those of the neutral notes that are proposed for them."""
    for note in score.read(policy.read_rules(file), str(file)):
        marked = [m.span() for span in note.spans for m in re.finditer(re.escape(span), note.text)]
        for words, inside in _read(note.text, marked):
            yield Sentence(words, bool(inside), categories=note.cats)
        yield from _calm(note.rewrite)


def _read(text: str, marked: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """(words, what is marked in it) of each sentence of a text; `marked` are offsets."""
    variant = body(text)
    for start, end, words in sentences(variant.body):
        first, length = variant.original(start, end - start)
        inside = [text[a:b] for a, b in marked if a < first + length and b > first]
        yield tuple(plain(words)), inside


def _calm(text: str) -> Iterator[Sentence]:
    """The sentences of a text that may be written."""
    return (Sentence(words, faulty=False, count=EXAMPLE) for words, _ in _read(text, []))


def _examples(pack: Pack) -> list[Sentence]:
    """The sentences of the rules' examples: those that hold a mark are at fault, those to leave alone are not."""
    found = []
    for rule in pack.rules:
        for example in rule.bad:
            for words, inside in _read(example.text, [(example.start, example.start + example.length)]):
                if inside and rule.weighed:
                    own = tuple(plain(words_of(fold(" ".join(inside)))))
                    told = frozenset({rule.category})
                    found.append(Sentence(words, faulty=True, own=own, categories=told, count=EXAMPLE))
        for text in (*rule.allowed, *(e.fixed for e in rule.bad if e.fixed)):
            found += _calm(text)
    return list(dict.fromkeys(found))


def _fault(learnt: Sequence[Sentence], examples: Sequence[Sentence]) -> tuple[dict[str, int], int]:
    """(weights, bias): an example counts for more until its sum is on its side of what is found and what is let go."""
    for _ in range(ROUNDS):
        every = [*learnt, *examples]
        faulty = [s.faulty for s in every]
        [(weights, bias)] = _fitted(every, [faulty], FAULT, [s.count for s in every], l1_ratio=0)
        wrong = {s for s in examples if _is_wrong(s, weights, bias)}
        if not wrong:
            return weights, bias
        examples = [replace(s, count=s.count * 3) if s in wrong else s for s in examples]
    raise MotjusteError(
        f"{len(wrong)} sentences of the rules' examples still weigh too much or too little",
        hint="raise ROUNDS or THRESHOLD, or lower CALM, in cli/weigh.py",
    )


def _is_wrong(sentence: Sentence, weights: Mapping[str, int], bias: int) -> bool:
    total = bias + weight(sentence.words, weights)
    if not sentence.faulty:
        return total >= THRESHOLD
    return total - against(sentence.own, weights) < CALM


def _categories(faulty: Sequence[Sentence]) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    codes = sorted({c for s in faulty for c in s.categories})
    sets = [[code in s.categories for s in faulty] for code in codes]
    fitted = _fitted(faulty, sets, CATEGORY, [s.count for s in faulty], l1_ratio=1)
    return {c: w for c, (w, _) in zip(codes, fitted, strict=True)}, {
        c: b for c, (_, b) in zip(codes, fitted, strict=True)
    }


def _fitted(
    learnt: Sequence[Sentence],
    labels: Sequence[Sequence[bool]],
    penalty: float,
    counts: Sequence[float],
    *,
    l1_ratio: float,
) -> list[tuple[dict[str, int], int]]:
    """For each list of labels, (weights that are not 0, bias) of a penalised logistic regression."""
    try:
        import numpy as np
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression
    except ImportError as exc:
        raise MotjusteError("scikit-learn is not installed", hint="pip install 'motjuste[learning]'") from exc
    if any(len(set(labelled)) < 2 for labelled in labels):
        raise MotjusteError(
            "these notes are all alike: nothing tells of which category a fault is",
            hint="give notes of two categories at least",
        )
    read = [sorted(features(s.words)) for s in learnt]
    held = Counter(f for found in read for f in found)
    known = sorted(f for f, n in held.items() if n >= FEWEST)
    place = {f: n for n, f in enumerate(known)}
    cells = [(n, place[f]) for n, found in enumerate(read) for f in found if f in place]
    rows, columns = [n for n, _ in cells], [f for _, f in cells]
    matrix = csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(learnt), len(known)))
    fitted = []
    for labelled in labels:
        model = LogisticRegression(
            C=penalty, l1_ratio=l1_ratio, solver="liblinear", random_state=0, max_iter=2000
        )
        model.fit(matrix, np.array(labelled), sample_weight=np.array(counts))
        scaled: NDArray[Any] = np.rint(model.coef_[0] * SCALE).astype(int)
        fitted.append(
            (
                {
                    f: n
                    for f, n in zip(known, scaled.tolist(), strict=True)
                    if abs(n) >= (LEAST if " " in f else 1)
                },
                round(float(model.intercept_[0]) * SCALE),
            )
        )
    return fitted


def _write(
    file: Path,
    fault: Mapping[str, int],
    bias: int,
    categories: Mapping[str, Mapping[str, int]],
    bases: Mapping[str, int],
) -> None:
    def table(name: str, weights: Mapping[str, int]) -> list[str]:
        ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        return ["", f"[{name}]", *(f"{json.dumps(w, ensure_ascii=False)} = {n}" for w, n in ordered)]

    lines = [
        "# What words, four letters that words begin with, and two such in a row weigh together in a sentence, in tenths of a log-odds:",
        "# see weights.py.",
        "# Built by `motjuste rules weigh` from the labelled notes that rules are tuned on. Do not edit.",
        "",
        f"threshold = {THRESHOLD}",
        f"leading = {LEADING}",
        f"calm = {CALM}",
        f"sure = {SURE}",
        f"bias = {bias}",
        *table("fault", fault),
        *table("bases", bases),
    ]
    for code in sorted(categories):
        lines += table(f"categories.{code}", categories[code])
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
