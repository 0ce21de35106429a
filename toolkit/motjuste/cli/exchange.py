"""`motjuste decisions export` and `import`: what the database holds of decisions, as a file and back."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from motjuste.cli.common import dsn_option, force_option, say
from motjuste.cli.desk import BATCH
from motjuste.cli.ledger import refuse_unfinished
from motjuste.cli.table import tabulate
from motjuste.db import connection, deciding
from motjuste.db.install import require
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration import decisions as lines_of
from motjuste.migration.plan import chunks

SHOWN = 50  # decisions named that are not taken over


@click.group()
def decisions() -> None:
    """Export the decisions of a database, or take over those of a file.

    Decisions are in the database. A file is for a database that cannot be written, for another machine, or for the archive.
    """


@decisions.command("export")
@dsn_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@force_option
def export_(dsn: str | None, file: Path, force: bool) -> None:
    """Write every decision that stands to a file, readable by you alone: row keys, digests, positions, neutral words.

    What was redacted or corrected is not in it: nothing is told of these notes any more.

    \b
    Example: motjuste decisions export motjuste-decisions.jsonl
    """
    private.claim(file, force=force)
    count = 0
    with connection.connect(dsn) as conn, private.drafts(force=force) as draft:
        require(conn)

        def counted() -> Iterator[str]:
            nonlocal count
            for line in deciding.lines(conn):
                count += 1
                yield line

        draft(file, counted())
    say(f"{file}: {count} note(s) with decisions")


@decisions.command("import")
@dsn_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(dsn: str | None, file: Path) -> None:
    """Take over the decisions of a file: of a review where the database could not be written, of another export.

    What the database has decided otherwise stays, and is named; so is a decision whose note changed since. Who decided, and who
    confirmed, is as the file says.

    Exit code 0: the database holds all of them now; 1: some were not taken over; 2: could not run.

    \b
    Example: motjuste decisions import motjuste-decisions.jsonl
    """
    refuse_unfinished(file)
    counts: Counter[str] = Counter()
    left = 0
    with connection.connect(dsn) as conn:
        require(conn)
        if why := deciding.read_only(conn):
            raise ConfigError(f"{why}: it takes no decisions over", hint="import where it can be written")
        for batch in chunks(lines_of.parse(private.lines(file), str(file)), BATCH):
            fates = deciding.fates(conn, [d for _, d in batch])
            kept = iter(deciding.keep(conn, [f.decided for f in fates if f.decided]))
            for (line, _), fate in zip(batch, fates, strict=True):
                why = next(kept).refused if fate.decided else fate.why
                if why in ("", deciding.SAME):
                    counts[why or "taken over"] += 1
                    continue
                counts["left out"] += 1
                left += 1
                if left <= SHOWN:
                    say(f"{file}:{line}: {why}")
    if left > SHOWN:
        say(f"... and {left - SHOWN} more")
    click.echo(tabulate(sorted(counts.items()), headers=["decision", "notes"]))
    say("Next: motjuste migrate plan --output FOLDER")
    sys.exit(1 if left else 0)
