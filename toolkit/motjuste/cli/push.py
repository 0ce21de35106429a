"""`rules push`: the rules alone, into the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from motjuste.cli import policy
from motjuste.cli.common import dsn_option, say

if TYPE_CHECKING:
    from motjuste.db.push import Change


@click.command()
@dsn_option
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def push(dsn: str | None, dry_run: bool) -> None:
    """Put the rules in use into the database, and nothing else: no table of yours is touched, no write waits.

    One transaction: every check sees the rules of before or those of after, never a mix. Notes already stored are
    not read again: `motjuste scan` does.

    \b
    Example: motjuste rules push --dry-run
    """
    # here, so that the other commands of `rules` do without the driver
    from motjuste.db import connection
    from motjuste.db.push import pushed

    matcher = policy.matcher()
    pack = matcher.pack
    with connection.connect(dsn) as conn:
        change = pushed(conn, matcher, dry_run=dry_run)
    if change is None:
        click.echo(
            f"the database holds these rules already ({pack.language} {pack.version}, {len(pack.rules)} rules)"
        )
        return
    would = "would become" if dry_run else "are now"
    click.echo(f"the rules of the database {would} {pack.language} {pack.version}, {len(pack.rules)} rules")
    _tell(change)
    if not dry_run:
        say("Next: motjuste scan")


def _tell(change: Change) -> None:
    for what, ids in (("new", change.new), ("gone", change.gone), ("of another level", change.releveled)):
        if ids:
            more = f" and {len(ids) - 20} more" if len(ids) > 20 else ""
            click.echo(f"{len(ids)} {what}: {', '.join(ids[:20])}{more}")
    if change.orphans:
        say(f"{change.orphans} open finding(s) are of rules that are gone: the next `motjuste scan` closes those"
            " that no rule finds any more")  # fmt: skip
