"""`rekey`: another key for the digests by which findings know their notes."""

from __future__ import annotations

import sys

import click

from motjuste.cli import policy
from motjuste.cli.common import Locks, dsn_option, lock_options, say
from motjuste.db import connection
from motjuste.db import install as installing
from motjuste.db import rekey as keys
from motjuste.db.patience import patiently
from motjuste.errors import DatabaseError


@click.command()
@dsn_option
@lock_options
def rekey(dsn: str | None, locks: Locks) -> None:
    """Give the digests of the notes a new key: after a dump that held it went astray, or a restore without it.

    Every note is read, and findings whose note is there keep what was decided of them. With the key of before a note is
    known by its digest; where it is lost, by its row and by what the rules find in it. Interrupted, nothing is changed:
    run again, it goes on. Redactions that are planned know their notes by the old digests: apply them before, or plan
    them again. Exit code 0: every open finding has a new digest; 1: some have none, the next scan finds these anew; 2:
    could not run, or not read everything.

    \b
    Example: motjuste rekey --dsn "service=crm"
    """
    with connection.connect(dsn) as conn:
        installing.require(conn)
    lost, unread = keys.prepare(dsn, policy.matcher())
    for place in unread:
        say(f"not read: {place}")
    if unread:
        raise DatabaseError(
            "not every column could be read: nothing was changed",
            hint="ask for the rights or mend what is named",
        )
    with connection.connect(dsn) as conn:
        done, left = patiently(
            lambda: keys.finish(conn, lock_timeout=locks.timeout), say, attempts=locks.attempts
        )
    click.echo(f"{done} finding(s) known by the {'key that is there' if lost else 'new key'}")
    if left:
        say(f"{left} finding(s) not closed whose note is not there any more as it was found: motjuste scan")
    sys.exit(1 if left else 0)
