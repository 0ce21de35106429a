"""`motjuste init` and `motjuste discover`: the policy file, and the columns that belong in it."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tabulate import tabulate

from motjuste import config, discovery
from motjuste.cli import policy
from motjuste.cli.common import dsn_option
from motjuste.config import Config
from motjuste.db import catalog
from motjuste.db.connection import connect
from motjuste.errors import ConfigError
from motjuste.model import Column


@click.command()
@click.option("--force", is_flag=True, help="Write over a motjuste.toml that is there.")
def init(force: bool) -> None:
    """Write motjuste.toml, the policy file, with every setting explained.

    \b
    Example: motjuste init && motjuste discover --write
    """
    path = Path(policy.NAME)
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already", hint="edit it, or motjuste init --force")
    policy.write(path, config.TEMPLATE)
    click.echo(f"{path} written. Next: motjuste discover --write")


@click.command()
@dsn_option
@click.option("--schema", "schemas", multiple=True, metavar="S", help="Only this schema; may be repeated.")
@click.option(
    "--min-score",
    type=click.IntRange(0, 100),
    default=discovery.SHOWN,
    show_default=True,
    help="Show the columns that reach this score.",
)
@click.option(
    "--write",
    is_flag=True,
    help=f"Add the columns that reach {discovery.CLEAR} to the policy file, as watched.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def discover(dsn: str | None, schemas: tuple[str, ...], min_score: int, write: bool, form: str) -> None:
    """Find the columns that hold notes: text columns scored from 0 to 100, with the reasons.

    \b
    Example: motjuste discover --schema crm --write
    """
    path = policy.find()
    current = policy.settings(schemas=schemas)
    with connect(dsn) as conn:
        columns = catalog.columns(conn, current.schemas)
    if not columns:
        where = ", ".join(current.schemas) or "this database"
        raise ConfigError(
            f"no text column in {where}", hint="check the database and the schemas, and that tables exist"
        )
    ranked = discovery.rank(columns, min_score)
    click.echo(_as_json(ranked, current) if form == "json" else _as_table(ranked, current))
    click.echo(f"{len(columns)} text columns read, {len(ranked)} reach {min_score}.", err=True)
    if write:
        new = [config.watch(c) for c in ranked if c.score >= discovery.CLEAR and not _state(c, current)]
        path = path or Path(policy.NAME)
        text = policy.read(path) if path.exists() else config.TEMPLATE
        policy.write(path, config.add_watches(text, str(path), new))
        shown = path.name if path.parent == Path.cwd() else path
        click.echo(f"{len(new)} columns added to {shown}. Next: motjuste install", err=True)


def _state(column: Column, current: Config) -> str:
    """What the policy says of this column: watched, exempt or nothing yet."""
    if config.is_exempt(current, column):
        return "exempt"
    return "watched" if config.is_watched(current, column) else ""


def _as_table(columns: list[Column], current: Config) -> str:
    head = ["column", "type", "rows", "score", "policy", "reasons"]
    rows = [
        [c.label, c.kind, f"{c.rows:,}", c.score, _state(c, current) or "-", ", ".join(c.reasons)]
        for c in columns
    ]
    return tabulate(
        rows, head, disable_numparse=True, colalign=("left", "left", "right", "right", "left", "left")
    )


def _as_json(columns: list[Column], current: Config) -> str:
    return json.dumps(
        [
            {
                "column": c.label,
                "schema": c.schema,
                "table": c.table,
                "name": c.name,
                "json_key": c.json_key,
                "type": c.kind,
                "key": list(c.key),
                "rows": c.rows,
                "score": c.score,
                "policy": _state(c, current),
                "reasons": list(c.reasons),
            }
            for c in columns
        ],
        ensure_ascii=False,
        indent=2,
    )
