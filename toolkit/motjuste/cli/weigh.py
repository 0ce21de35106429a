"""`motjuste rules weigh`: what words weigh together, learnt again from labelled notes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from motjuste import assets, score
from motjuste.cli import policy
from motjuste.errors import MotjusteError
from motjuste.model import Pack
from motjuste.text import words_of
from motjuste.weights import body, features, sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

CALM = 0.3  # what a text counts that was written to be compliant, beside 1 for a note
SCALE = 10  # tenths of a log-odds
FEWEST = 2  # sentences that hold a word
FAULT, CATEGORY = 0.4, 1.0  # inverse strength of the L1 penalty: the smaller, the fewer words weigh
THRESHOLD = (
    17  # on trades that were not learnt from, nine in ten of the notes that only weights find are at fault
)
LEADING = 12  # in tenths too: such words are few, and most notes hold none, which spares their weighing
ROUNDS = 6  # of counting again, and for more, what must be left alone and is not


@dataclass(frozen=True)
class Sentence:
    """A sentence to learn from: what weighs in it, whether it is at fault, the categories of its note, how much it counts."""

    features: frozenset[str]
    faulty: bool
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
    calm = _left_alone(assets.pack())
    fault, bias = _fault(learnt, calm)
    categories, bases = _categories([s for s in learnt if s.faulty])
    _write(folder / "weights.toml", fault, bias, categories, bases)
    click.echo(
        f"{len(learnt)} sentences, {sum(s.faulty for s in learnt)} at fault: {len(fault)} words and pairs",
        err=True,
    )


def _labelled(file: Path) -> Iterator[Sentence]:
    """The sentences of the labelled notes of a file, and those of the neutral notes that are proposed for them."""
    for note in score.read(policy.read_rules(file), str(file)):
        marked = [m.span() for span in note.spans for m in re.finditer(re.escape(span), note.text)]
        variant = body(note.text)
        for start, end in sentences(variant.body):
            first, length = variant.original(start, end - start)
            faulty = any(a < first + length and b > first for a, b in marked)
            yield Sentence(_features(variant.body[start:end]), faulty, note.cats)
        yield from _calm(note.rewrite)


def _calm(text: str) -> Iterator[Sentence]:
    """The sentences of a text that may be written; they count for less than a note that an agent wrote."""
    read = body(text).body
    for start, end in sentences(read):
        yield Sentence(_features(read[start:end]), faulty=False, count=CALM)


def _features(sentence: str) -> frozenset[str]:
    return frozenset(features(words_of(sentence)))


def _left_alone(pack: Pack) -> list[Sentence]:
    """The sentences that the rules' examples hold to be compliant."""
    texts = [t for rule in pack.rules for t in (*rule.allowed, *(e.fixed for e in rule.bad if e.fixed))]
    return list(dict.fromkeys(s for text in texts for s in _calm(text)))


def _fault(learnt: Sequence[Sentence], calm: Sequence[Sentence]) -> tuple[dict[str, int], int]:
    """(weights, bias): what is left alone counts for more until none of it reaches the threshold."""
    for _ in range(ROUNDS):
        known = _vocabulary(learnt)
        every = [*learnt, *calm]
        [(weights, bias)] = _fitted(
            every, known, [[s.faulty for s in every]], FAULT, [s.count for s in every]
        )
        loud = {s.features for s in calm if bias + sum(weights.get(f, 0) for f in s.features) >= THRESHOLD}
        if not loud:
            return weights, bias
        calm = [
            Sentence(s.features, s.faulty, count=s.count * 4 if s.features in loud else s.count) for s in calm
        ]
    raise MotjusteError(
        f"{len(loud)} sentences of the rules' examples still weigh too much",
        hint="raise ROUNDS or THRESHOLD in cli/weigh.py",
    )


def _categories(faulty: Sequence[Sentence]) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    codes = sorted({c for s in faulty for c in s.categories})
    sets = [[code in s.categories for s in faulty] for code in codes]
    fitted = _fitted(faulty, _vocabulary(faulty), sets, CATEGORY, [1.0] * len(faulty))
    return {c: w for c, (w, _) in zip(codes, fitted, strict=True)}, {
        c: b for c, (_, b) in zip(codes, fitted, strict=True)
    }


def _vocabulary(learnt: Iterable[Sentence]) -> list[str]:
    held = Counter(f for s in learnt for f in s.features)
    return sorted(f for f, n in held.items() if n >= FEWEST)


def _fitted(
    learnt: Sequence[Sentence],
    known: Sequence[str],
    labels: Sequence[Sequence[bool]],
    penalty: float,
    counts: Sequence[float],
) -> list[tuple[dict[str, int], int]]:
    """For each list of labels, (weights that are not 0, bias) of a logistic regression with an L1 penalty."""
    try:
        import numpy as np
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression
    except ImportError as exc:
        raise MotjusteError("scikit-learn is not installed", hint="pip install 'motjuste[learning]'") from exc
    if any(len(set(labelled)) < 2 for labelled in labels):
        raise MotjusteError(
            "these notes are all alike: nothing tells what is at fault, or of which category",
            hint="give notes with and without a fault, of two categories at least",
        )
    place = {f: n for n, f in enumerate(known)}
    cells = [(n, place[f]) for n, s in enumerate(learnt) for f in sorted(s.features) if f in place]
    rows, columns = [n for n, _ in cells], [f for _, f in cells]
    matrix = csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(learnt), len(known)))
    found = []
    for labelled in labels:
        model = LogisticRegression(C=penalty, l1_ratio=1.0, solver="liblinear", random_state=0, max_iter=2000)
        model.fit(matrix, np.array(labelled), sample_weight=np.array(counts))
        scaled: NDArray[Any] = np.rint(model.coef_[0] * SCALE).astype(int)
        found.append(
            (
                {known[n]: int(scaled[n]) for n in np.nonzero(scaled)[0].tolist()},
                round(float(model.intercept_[0]) * SCALE),
            )
        )
    return found


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
        "# What words, and pairs of neighbours, weigh together in a sentence, in tenths of a log-odds: see weights.py.",
        "# Built by `motjuste rules weigh` from the labelled notes that rules are tuned on. Do not edit.",
        "",
        f"threshold = {THRESHOLD}",
        f"leading = {LEADING}",
        f"bias = {bias}",
        *table("fault", fault),
        *table("bases", bases),
    ]
    for code in sorted(categories):
        lines += table(f"categories.{code}", categories[code])
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
