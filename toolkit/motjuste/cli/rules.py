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
    click.echo(f"{rule.id}: {rule.why}\n{category.label} ({category.law}), level {rule.level}\n{category.advice}")
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
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path("rules/fr"), show_default=True)
def forms(folder: Path) -> None:
    """Rebuild FOLDER/forms.toml, the inflected forms of every {word} in the packs (needs the extra `lexicon`)."""
    try:
        import spacy_lookups_data
    except ImportError as exc:
        raise MotjusteError("the lexicon is not installed", hint="pip install 'motjuste[lexicon]'") from exc
    data = Path(spacy_lookups_data.__file__).parent / "data"
    lexicon = json.loads(gzip.decompress((data / "fr_lemma_lookup.json.gz").read_bytes()))
    index = json.loads(gzip.decompress((data / "fr_lemma_index.json.gz").read_bytes()))
    texts = {n: t for n, t in assets.pack_files(folder).items() if n != "forms.toml"}
    table = inflection.build(packs.lemmas(texts.values()), lexicon, frozenset(index["verb"]))
    lines = [f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items()]
    head = "# Built by `motjuste rules forms` from spacy-lookups-data (MIT). Do not edit.\n\n[forms]\n"
    (folder / "forms.toml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"{len(table)} words, {sum(len(v.split()) for v in table.values())} forms")
