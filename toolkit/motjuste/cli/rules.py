"""`motjuste rules`: list, show, test the rules, and rebuild the table of inflected forms."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

import click

from motjuste import assets, examples
from motjuste import forms as inflection
from motjuste import rules as packs
from motjuste.errors import MotjusteError, RuleError
from motjuste.matcher import Matcher

SHARED = ("pack.toml", "lists.toml", "forms.toml")


@click.group()
def rules() -> None:
    """List, show, test and rebuild the rules."""


@rules.command(name="list")
def list_() -> None:
    """Print every rule: category, level, id, why."""
    for rule in assets.pack().rules:
        click.echo(f"{rule.category:18} {rule.level:6} {rule.id:36} {rule.why}")


@rules.command()
@click.argument("rule_id")
def show(rule_id: str) -> None:
    """Print one rule: what it matches, its examples, its advice.

    \b
    Example: motjuste rules show sante-addiction
    """
    pack = assets.pack()
    rule = next((r for r in pack.rules if r.id == rule_id), None)
    if rule is None:
        raise RuleError(f"no rule {rule_id!r}", hint="motjuste rules list")
    category = pack.categories[rule.category]
    click.echo(
        f"{rule.id}: {rule.why}\n{category.label} ({category.law}), level {rule.level}\n{category.advice}"
    )
    for example in rule.bad:
        click.echo(f"  bad:     {example.text}")
    for text in rule.allowed:
        click.echo(f"  allowed: {text}")


@rules.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def test(files: tuple[Path, ...]) -> None:
    """Run the examples of every rule; of FILES only, with the shared lists, where given.

    \b
    Example: motjuste rules test rules/fr/sante.toml
    """
    texts = assets.pack_files(assets.asset_dir("rules") / "fr")
    if files:
        texts = {n: t for n, t in texts.items() if n in SHARED}
        texts |= {f.name: f.read_text(encoding="utf-8") for f in files}
    pack = packs.load(texts)
    problems = examples.problems(Matcher(pack))
    for problem in problems:
        click.echo(problem)
    counts = Counter(r.category for r in pack.rules)
    shown = ", ".join(f"{c} {n}" for c, n in sorted(counts.items()))
    click.echo(f"{len(pack.rules)} rules ({shown}), {len(problems)} problem(s)", err=True)
    sys.exit(1 if problems else 0)


@rules.command()
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("tests/corpus"),
    show_default=True,
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("rules/fr"),
    show_default=True,
)
def forms(folder: Path, corpus: Path) -> None:
    """Rebuild FOLDER/forms.toml: the forms of every {word} of the pack, and how often notes hold each word.

    Needs the extra `lexicon`. The frequencies come from the compliant notes of the corpus.
    """
    try:
        import spacy_lookups_data
    except ImportError as exc:
        raise MotjusteError("the lexicon is not installed", hint="pip install 'motjuste[lexicon]'") from exc
    data = Path(spacy_lookups_data.__file__).parent / "data"
    single, by_class, index = (
        json.loads(gzip.decompress((data / f"fr_lemma_{name}.json.gz").read_bytes()))
        for name in ("lookup", "exc", "index")
    )
    # the first keeps one lemma a form; the second says for each part of speech what else a form can be
    lexicon: dict[str, set[str]] = {}
    for table in (single, *by_class.values()):
        for form, lemmas in table.items():
            lexicon.setdefault(form, set()).update([lemmas] if isinstance(lemmas, str) else lemmas)
    texts = {n: t for n, t in assets.pack_files(folder).items() if n != "forms.toml"}
    table = inflection.build(packs.lemmas(texts.values()), lexicon, frozenset(index["verb"]))
    records = (json.loads(line) for f in sorted(corpus.glob("*.jsonl")) for line in f.open(encoding="utf-8"))
    often = packs.frequencies(r["text"] for r in records if not r["cats"])
    lines = [
        f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()
    ]
    head = "# Built by `motjuste rules forms` from spacy-lookups-data (MIT). Do not edit.\n\n[forms]\n"
    lines += ["", "# of 10,000 compliant notes, how many hold the word", "[frequency]"]
    lines += [f"{json.dumps(w, ensure_ascii=False)} = {n}" for w, n in often.items()]
    (folder / "forms.toml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{len(table)} words, {sum(len(v.split()) for v in table.values())} forms")
