"""`motjuste explain`: why a text is a finding, or why not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from motjuste import printable
from motjuste.cli import policy
from motjuste.engine.explain import Candidate, Explanation
from motjuste.engine.explain import explain as explained


@click.command()
@click.argument("text")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(text: str, form: str) -> None:
    """Say why TEXT is a finding or not: its words, those that stand in a list, and what became of each term that matches.

    Exit code 0: no finding; 1: findings.

    \b
    Example: motjuste explain "signe astrologique : cancer"
    """
    found = explained(policy.matcher(), text)
    if form == "json":
        click.echo(json.dumps(asdict(found), ensure_ascii=True, indent=2))
    else:
        for line in _lines(found):
            click.echo(printable.lines(line.encode("utf-8", "replace").decode()))
    sys.exit(1 if found.findings else 0)


def _lines(found: Explanation) -> list[str]:
    lines = ["words    " + (", ".join(found.words) or "(none)")]
    if found.known:
        lines.append("listed   " + ", ".join(found.known))
    lines += [_line(c) for c in found.candidates]
    if not found.candidates:
        return [*lines, "No term of a rule matches: compliant."]
    lines.append(f"{found.findings} finding(s)." if found.findings else "No rule is confirmed: compliant.")
    return lines


def _line(c: Candidate) -> str:
    where = f"{c.start + 1}-{c.start + c.length}" if c.length else "-"
    words = f" « {c.words} »" if c.words else ""
    why = f"\n           {c.category}, {c.level}: {c.why}" if c.verdict == "found" else ""
    return f"{where:>9}  {c.rule:32} {c.verdict}{words}{why}"
