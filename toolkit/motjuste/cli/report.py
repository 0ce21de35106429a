"""`motjuste report`: the state of the whole base, for the officer's file and for a monitor."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from motjuste.cli import policy
from motjuste.cli.common import compare_option, deliver, dsn_option, force_option, reading_options, say
from motjuste.db import connection
from motjuste.db import evidence as stored
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.model import Pack
from motjuste.officer import evidence, web
from motjuste.officer.evidence import Evidence
from motjuste.officer.showing import values


@click.command()
@dsn_option
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write to [default: stdout]."
)
@click.option("--format", "form", type=click.Choice(["html", "json"]), default="html", show_default=True)
@click.option(
    "--fail-on",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    help="Exit 1 where this holds: open>30d, open>0, undecided>0, failures>0, bypasses>0, expired>0, coverage<100%, waiting>15m (rows of deferred columns), overdue>0 and due<7d (requests for access); may be repeated.",
)
@compare_option("Say what changed since an earlier report, which was written with --format json.")
@force_option
@reading_options
def report(
    dsn: str | None,
    output: Path | None,
    form: str,
    earlier: Path | None,
    conditions: tuple[str, ...],
    force: bool,
    reads: dict[str, bool],
) -> None:
    """Write the report of the whole base: coverage, findings, ages, false alarms, logs, who can read what.

    One HTML file, in French, that asks for nothing outside itself and prints well; it holds the text of no note. Two pages say how
    things stand and what to do first; an annex has the counts.
    Exit code 0: written; 1: a condition of --fail-on holds; 2: could not run.

    \b
    Example: motjuste report --output rapport.html
             motjuste report --format json --fail-on "open>30d" --fail-on "due<7d"
    """
    if output:
        private.claim(output, force=force)
    asked = [evidence.condition(c) for c in conditions]
    before = earlier_report(earlier) if earlier else None
    settings = policy.settings()
    pack = policy.matcher(settings).pack
    with connection.connect(dsn, **reads) as conn:
        found = stored.read(conn, settings)
    deliver(output, _html(found, pack, before) if form == "html" else _json(found, pack), force=force)
    held = [c.text for c in asked if c.holds(found)]
    for text in held:
        say(f"motjuste: {text}: this is so")
    sys.exit(1 if held else 0)


def earlier_report(file: Path) -> dict[str, Any]:
    """What `motjuste report --format json` wrote to a file. Raises ConfigError where it is something else."""
    wrong = ConfigError(f"{file} is no report", hint="give one that motjuste report --format json wrote")
    try:
        found = json.loads(private.read(file))
        evidence.figures(found)
    except (ValueError, KeyError, TypeError) as exc:
        raise wrong from exc
    return dict(found)


def _json(found: Evidence, pack: Pack) -> str:
    labels = {c.code: c.label for c in pack.categories.values()}
    return json.dumps(evidence.summary(found, labels), ensure_ascii=False, indent=2) + "\n"


def _html(found: Evidence, pack: Pack, before: dict[str, Any] | None) -> str:
    return web.page("report.html", pack.language, **values(found, pack, before))
