"""`motjuste rules`: list, show, test and measure the rules, and write what is made from them."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from motjuste import assets
from motjuste.cli import policy, table
from motjuste.cli.common import force_option, say
from motjuste.cli.push import push
from motjuste.cli.stats import stats
from motjuste.config import Config
from motjuste.errors import ConfigError, MotjusteError, RuleError
from motjuste.files import private
from motjuste.model import Pack, Rule
from motjuste.officer import pages as officer
from motjuste.rulepack import examples, shape
from motjuste.rulepack import rules as packs
from motjuste.rulepack.overrides import tailored
from motjuste.rulepack.rules import near

CATEGORY = re.compile(r"^\[category\]", re.M)  # a file of a pack, not of one's own


@click.group()
def rules() -> None:
    """List, show, test and measure the rules; write the officer's pages and the schema of a pack."""


@rules.command(name="list")
@click.option("--category", metavar="CODE", help="Only this category.")
@table.format_option
def list_(category: str | None, form: str) -> None:
    """Print every rule in use: category, level, id, why.

    \b
    Example: motjuste rules list --category sante --format markdown
    """
    pack = policy.pack()
    if category is not None and category not in pack.categories:
        raise ConfigError(
            f"no category {category!r}{near(category, pack.categories)}",
            hint="motjuste rules list shows the category of each rule",
        )
    rows = [(r.category, r.level, r.id, r.why) for r in pack.rules if category in (None, r.category)]
    table.show(("category", "level", "id", "why"), rows, form)


@rules.command()
@click.argument("rule_id")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(rule_id: str, form: str) -> None:
    """Print one rule with its examples.

    \b
    Example: motjuste rules show sante-operation
    """
    pack = policy.pack()
    rule = next((r for r in pack.rules if r.id == rule_id), None)
    if rule is None and any(r.id == rule_id for r in policy.unfitted(policy.settings()).rules):
        raise RuleError(
            f"rule {rule_id!r} is switched off", hint="by the policy's `disable`, or by its trade profile"
        )
    if rule is None:
        raise RuleError(
            f"no rule {rule_id!r}{near(rule_id, [r.id for r in pack.rules])}", hint="motjuste rules list"
        )
    shown = _described(rule, pack)
    if form == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    category = pack.categories[rule.category]
    click.echo(f"{rule.id}: {rule.why}")
    click.echo(
        f"{category.label} ({category.law}), level {rule.level}, {rule.file}:{rule.line}\n{category.advice}"
    )
    click.echo(f"  matches  {shown['terms']} term(s)")
    for place in shown["extended_by"]:
        click.echo(f"  extended {place}")
    for example in shown["bad"]:
        click.echo(f"  bad      {example['text']}")
        if example["fixed"]:
            click.echo(f"  fixed    {example['fixed']}")
    for text in rule.allowed:
        click.echo(f"  allowed  {text}")


def _described(rule: Rule, pack: Pack) -> dict[str, Any]:
    """One rule as `rules show` prints it; the offending part of an example stands between [[ and ]]."""
    category = pack.categories[rule.category]
    bad = []
    for e in rule.bad:
        end = e.start + e.length
        marked = f"{e.text[: e.start]}[[{e.text[e.start : end]}]]{e.text[end:]}"
        bad.append({"text": marked, "fixed": e.fixed})
    return {
        "id": rule.id, "category": rule.category, "label": category.label, "law": category.law, "level": rule.level,
        "why": rule.why, "advice": category.advice, "file": rule.file, "line": rule.line, "terms": len(rule.match) or int(rule.expression is not None),
        "extended_by": [f"{e.file}:{e.line}" for e in pack.extensions if e.rule == rule.id],
        "bad": bad, "allowed": list(rule.allowed),
    }  # fmt: skip


@rules.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def test(files: tuple[Path, ...]) -> None:
    """Check rules and run their examples.

    Those in use; with FILES, a category's or your own, only theirs. Prints every problem as file:line: rule: reason. Exit code 0: none; 1: problems; 2: could not run.

    \b
    Example: motjuste rules test rules/maison.toml
    """
    settings = policy.settings()
    problems: list[str] = []
    tested: list[Rule] = []
    for texts, own, only in _packs(files, settings.language, dict(policy.own_files(settings))):
        as_shipped = files and texts == assets.shipped(settings.language)
        before = assets.made(settings.language, texts) if as_shipped else None
        pack, found = packs.read(texts, own, before)
        problems += found
        mine = examples.own(pack, own)
        matcher = assets.trial(settings.language, texts, own, pack)
        if only is None:
            problems += examples.problems(matcher, {r.id for r in pack.rules} - mine)
            try:
                pack = tailored(pack, policy.choices(settings))
            except ConfigError as exc:  # told with the rest
                problems += exc.message.splitlines()
        else:
            mine = examples.own(pack, only)
        problems += examples.problems(matcher.with_pack(pack), mine)
        tested += [r for r in pack.rules if only is None or r.id in mine]
    for problem in problems:
        click.echo(problem)
    if not tested and not problems:
        raise RuleError("these files hold no rule", hint="see rules/README.md for the format")
    counts = Counter(r.category for r in tested)
    shown = f" ({', '.join(f'{c} {n}' for c, n in sorted(counts.items()))})" if counts else ""
    click.echo(f"{len(tested)} rule(s){shown}, {len(problems)} problem(s)", err=True)
    for file in _unlisted(files, settings):
        say(f"{file} is not in use: list it in `files` under [rules] of {settings.source or policy.NAME}")
    sys.exit(1 if problems else 0)


def _unlisted(files: tuple[Path, ...], settings: Config) -> Iterable[Path]:
    """Files of one's own that the policy does not list."""
    used = {text for _, text in policy.own_files(settings)}
    for file in files:
        text = policy.read_rules(file)
        if file.name not in shape.SHARED and not CATEGORY.search(text) and text not in used:
            yield file


_Texts = dict[str, str]


def _packs(
    files: tuple[Path, ...], language: str, own: _Texts
) -> Iterable[tuple[_Texts, _Texts, set[str] | None]]:
    """(shipped files, own files, the files whose rules are tested: None for all) of the packs that FILES ask for."""
    shipped = assets.shipped(language)
    given = {f: policy.read_rules(f) for f in files}
    shared = {f.name: text for f, text in given.items() if f.name in shape.SHARED}
    categories = {f.name: t for f, t in given.items() if f.name not in shared and CATEGORY.search(t)}
    others = {str(f): t for f, t in given.items() if f.name not in {*shared, *categories}}
    if shared or not files:
        yield shipped | shared, own, None
    if categories:
        lists = {n: t for n, t in shipped.items() if n in shape.SHARED and n != "profiles.toml"}
        yield lists | shared | categories, {}, set(categories)
    if others:
        beside = {n: t for n, t in own.items() if t not in others.values()}
        yield shipped | shared, beside | others, set(others)


@rules.command()
def schema() -> None:
    """Print the JSON Schema of a pack's files.

    By it an editor completes and checks them: see rules/README.md.

    \b
    Example: motjuste rules schema > pack.schema.json
    """
    click.echo(json.dumps(shape.schema(), ensure_ascii=False, indent=2))


@rules.command()
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@force_option
def pages(output: Path, force: bool) -> None:
    """Write the officer's pages, in French.

    An index and one page a category, made from the rules in use: law, advice, what is found and why, what to
    write instead, what is left alone, what a trade may note.

    \b
    Example: motjuste rules pages --output regles
    """
    settings = policy.settings()
    found = officer.pages(
        policy.finding(settings, policy.pack(settings)), policy.unfitted(settings), settings.changes
    )
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise MotjusteError(
            f"cannot write to {output}: {exc.strerror}", hint="choose another folder"
        ) from exc
    with private.drafts(force=force, shared=True) as draft:
        for name, text in found.items():
            draft(output / name, [text])
    click.echo(f"{output}: {len(found)} pages", err=True)


rules.add_command(stats)
rules.add_command(push)
