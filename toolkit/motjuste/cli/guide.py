"""`motjuste guide` and `motjuste notice`: what the staff is taught, and what stands beside a comment field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from motjuste import assets, printable
from motjuste.cli import policy
from motjuste.cli.common import deliver, dsn_option, force_option
from motjuste.db import connection, watching
from motjuste.db.states import states
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.officer import guide as training
from motjuste.officer import web

MODES = ("flag", "warn", "mask", "block")  # the strictest last


def _texts(language: str) -> dict[str, Any]:
    return tomllib.loads(assets.read("rules", language, "guide.toml"))


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write to [default: stdout]."
)
@click.option("--format", "form", type=click.Choice(["html", "markdown"]), default="html", show_default=True)
@click.option(
    "--trade", metavar="PROFILE", help="The trade, by the name of its profile: bank, landlord, insurer..."
)
@click.option(
    "--questions", type=click.IntRange(0), default=20, show_default=True, help="How many notes the quiz has."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed draws another quiz.")
@force_option
def guide(output: Path | None, form: str, trade: str | None, questions: int, seed: int, force: bool) -> None:
    """Write the training booklet, in French: the reason, the law, what to write instead, a quiz with answers.

    Made from the rules in use, those of your own included. To practise, `motjuste lint` takes notes as you type them.

    \b
    Example: motjuste guide --trade bank --output livret.html
    """
    if output:
        private.claim(output, force=force)
    settings = policy.settings(profile=trade)
    pack = policy.pack(settings)
    whole = policy.unfitted(settings)
    matcher = policy.finding(settings, pack)
    texts = _texts(pack.language)
    profile = pack.profiles.get(pack.profile)
    page = web.page(
        "guide.html" if form == "html" else "guide.md",
        pack.language,
        texts=texts["guide"],
        trade=profile.label if profile else "",
        pack_version=pack.version,
        chapters=training.chapters(matcher, texts, whole),
        questions=training.quiz(matcher, questions, seed) if questions else [],
    )
    deliver(output, page, force=force)


@click.command()
@dsn_option
@click.option(
    "--sql", "as_sql", is_flag=True, help="As COMMENT ON COLUMN statements, for a DBA to read and run."
)
def notice(dsn: str | None, as_sql: bool) -> None:
    """Print what to show beside the comment field of each watched column, in French, according to its mode.

    \b
    Example: motjuste notice
             motjuste notice --sql | psql
    """
    texts = _texts(policy.settings().language)["notice"]
    with connection.connect(dsn) as conn:
        found = states(conn)
        if not found:
            raise ConfigError("no column is watched", hint="motjuste attach schema.table.column")
        if as_sql:
            # keys of one jsonb column share its comment: the strictest speaks
            strictest = {
                (s.place.relation, s.place.column): s
                for s in sorted(found, key=lambda s: MODES.index(s.mode))
            }
            for state in strictest.values():
                text = training.commented(watching.comment(conn, state.place), texts, state.mode)
                click.echo(watching.comment_statement(state.place, text))
        else:
            for state in found:
                click.echo(f"{printable.name(state.place.label)}\n    {training.notice(texts, state.mode)}\n")
