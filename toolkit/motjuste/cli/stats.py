"""`motjuste rules stats`: how many rules there are, and how well they do on labelled notes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from motjuste.cli import policy, table
from motjuste.errors import ConfigError
from motjuste.learning import figures
from motjuste.learning.figures import Count, Score
from motjuste.model import Pack


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--corpus", is_flag=True, help="Measure on labelled notes: FILES or folders [default: tests/corpus]."
)
@click.option("--level", type=click.Choice(["block"]), help="Count only findings of this level.")
@click.option(
    "--min-precision", type=click.FloatRange(0, 1), default=0.0, help="Exit 1 where that of notes is lower."
)
@click.option(
    "--min-recall", type=click.FloatRange(0, 1), default=0.0, help="Exit 1 where that of notes is lower."
)
@click.option(
    "--wrong", is_flag=True, help="List the notes judged wrongly, by file and line; not their text."
)
@table.format_option
def stats(
    files: tuple[Path, ...],
    corpus: bool,
    level: str | None,
    min_precision: float,
    min_recall: float,
    wrong: bool,
    form: str,
) -> None:
    """Count the rules, or measure them on labelled notes.

    With --corpus: precision, recall and F1, of notes (flagged or left alone) and of each category. A line of a corpus is {"id": ..., "text": "...", "cats": [codes], "alt": [codes that are just as right]}.

    \b
    Example: motjuste rules stats --corpus tests/corpus/tune/accueil.jsonl --min-precision 0.96
    """
    pack = policy.pack()
    if not corpus and not files:
        _count(pack, form)
        return
    matcher = policy.matcher()
    total = Score()
    for note in _labelled(files or (Path("tests/corpus"),)):
        found = {m.category for m in matcher.find(note.text) if level in (None, m.level)}
        total.add(note, found)
        if wrong and bool(found) != bool(note.cats):
            click.echo(f"{note.place}: {', '.join(sorted(note.cats or found))} "
                       f"{'missed' if note.cats else 'found in a compliant note'}", err=True)  # fmt: skip
    if not total.size:
        raise ConfigError("no labelled note was read", hint="give JSONL files or a folder of them")
    rows = [_measured("note", total.notes), *(_measured(c, n) for c, n in sorted(total.categories.items()))]
    headers = ("what", "precision", "recall", "F1", "hits", "alarms", "misses")
    table.show(headers, [*rows, _measured("all categories", total.overall)], form)
    low = total.notes.precision < min_precision or total.notes.recall < min_recall
    click.echo(f"{total.size} notes{'; below the floor' if low else ''}", err=True)
    sys.exit(1 if low else 0)


def _count(pack: Pack, form: str) -> None:
    rows = []
    for code in pack.categories:
        of = [r for r in pack.rules if r.category == code]
        levels = Counter(r.level for r in of)
        bad, allowed = sum(len(r.bad) for r in of), sum(len(r.allowed) for r in of)
        terms = sum(len(r.match) or bool(r.expression) for r in of)
        rows.append((code, len(of), levels["block"], levels["watch"], terms, bad, allowed))
    total = ("total", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    headers = ("category", "rules", "block", "watch", "terms", "bad", "allowed")
    table.show(headers, [*rows, total], form)


def _labelled(places: Iterable[Path]) -> Iterable[figures.Labelled]:
    for place in places:
        if not place.exists():
            raise ConfigError(f"no folder {place} here", hint="name the files or folders of labelled notes")
        for file in sorted(place.glob("*.jsonl")) if place.is_dir() else [place]:
            yield from figures.read(policy.read_rules(file), str(file))


def _measured(what: str, n: Count) -> tuple[str | float, ...]:
    return what, round(n.precision, 4), round(n.recall, 4), round(n.f1, 4), n.hits, n.alarms, n.misses
