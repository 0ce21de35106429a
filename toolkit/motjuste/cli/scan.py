"""`motjuste scan`: every note of the watched columns, with a proof of what was read."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from motjuste.cli import policy, scanned
from motjuste.cli.common import (
    dsn_option,
    force_option,
    say,
    second_reading_option,
    trust_option,
    views_option,
)
from motjuste.cli.progress import shown
from motjuste.db import (
    connection,
    executors,
    failures,
    install,
    keyfile,
    output,
    publishing,
    reading,
    watching,
    worker,
)
from motjuste.db.connection import Connection
from motjuste.db.sweep import Sweep
from motjuste.db.worker import Spec
from motjuste.engine.confidence import require as require_reading
from motjuste.errors import ConfigError, DatabaseError, MotjusteError
from motjuste.model import Pack
from motjuste.scanning.journal import Head, Journal, read_head, state_file
from motjuste.scanning.scan import Place, Scope, Source, Tally

STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Wish:
    """What the options of one scan ask for."""

    dsn: str | None = None
    columns: tuple[str, ...] = ()
    second_reading: bool = False
    output: Path | None = None
    resume: bool = False
    anew: bool = False
    state: Path | None = None
    snapshot: bool = False
    since: tuple[str, str] | None = None
    sample: int = 0
    jobs: int = 1
    cluster: str | None = None
    by_key: str = ""
    max_rows_per_second: int = 0
    statement_timeout: float = 0
    compare: bool = False
    dry_run: bool = False
    force: bool = False
    read_views: bool = False
    trust_owner: bool = False

    @property
    def scope(self) -> Scope:
        """What is read of each column."""
        return Scope(self.since, self.sample, self.by_key)


@click.command()
@dsn_option
@click.argument("columns", nargs=-1)
@second_reading_option
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that read and check."
)
@click.option("--resume", is_flag=True, help="Go on with the scan that was stopped, killed or cut off.")
@click.option("--anew", is_flag=True, help="Begin anew, and drop what a scan that was stopped has read.")
@click.option(
    "--since", nargs=2, metavar="COLUMN VALUE", help="Only rows whose COLUMN is VALUE or later, or empty."
)
@click.option(
    "--sample", type=click.IntRange(1), default=None, metavar="N", help="Only about N rows of each column."
)
@click.option("--compare", is_flag=True, help="Also say which findings are new, gone and unchanged.")
@click.option("--dry-run", is_flag=True, help="Read and report, store nothing.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Findings to this JSONL file instead of the database (mode 0600; its key and proof beside it).",
)
@force_option
@click.option("--snapshot", is_flag=True, help="Everything as of one moment; holds back vacuum meanwhile.")
@click.option(
    "--by-key", default="", metavar="COLUMN", help="Cut views and foreign tables by ranges of this column."
)
@click.option("--max-rows-per-second", type=click.IntRange(1), metavar="N", help="Read no faster than this.")
@click.option(
    "--statement-timeout", type=click.FloatRange(0.001), metavar="SECONDS", help="For each statement."
)
@click.option(
    "--skip-unreadable", is_flag=True, help="What cannot be read is no error; it is named all the same."
)
@click.option("--cluster", metavar="ADDRESS", help="Let the workers of a Dask cluster read: tcp://host:8786.")
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), help="Where the scan keeps its journal."
)
@views_option
@trust_option
@click.option(
    "--failed",
    is_flag=True,
    help="Only the notes whose check failed when they were written (motjuste status).",
)
@click.option("--report", is_flag=True, help="Scan nothing: print the proof of the last scan of each column.")
@click.option("--format", "form", type=click.Choice(scanned.FORMATS), default="text", show_default=True)
@click.option("--allow-empty", is_flag=True, help="Reading no row at all is not an error.")
def scan(
    skip_unreadable: bool, failed: bool, report: bool, form: str, allow_empty: bool, **options: Any
) -> None:
    """Read every note of COLUMNS (default: all watched columns) and record the findings in motjuste.finding.

    Tables are read in parts, each in a short read-only transaction. A scan that is stopped, killed or cut off loses
    nothing, and only the parts at hand are read again: `motjuste scan --resume`, or the same command once more. Another
    scan wants --anew first. Notes longer than `max_note` of motjuste.toml (1MB) are not read,
    and told. Views and foreign tables are read where they are named, by a superuser with --read-views only.

    Exit code 0: no finding is open; 1: findings that nobody has decided of, with --output any, or with --report columns not
    wholly read; 2: could not run, or not read everything.

    \b
    Example: motjuste scan crm.client.commentaire --jobs 4
             motjuste scan --second-reading --compare
             motjuste scan --output findings.jsonl --dsn "service=replica"
             motjuste scan --report --format markdown
             motjuste scan --failed
    """
    options["sample"] = options["sample"] or 0
    options["max_rows_per_second"] = options["max_rows_per_second"] or 0
    options["statement_timeout"] = options["statement_timeout"] or 0
    wish = Wish(**options)
    if report:
        _report(wish, form)
    if failed:
        _failed(wish, form)
    tallies, differences = _scan(wish)
    scanned.summary(tallies, differences if wish.compare else None, form)
    if not sum(t.rows_read for t in tallies) and not any(t.skips for t in tallies) and not allow_empty:
        raise ConfigError("no row was read", hint="check the columns, or use --allow-empty")
    left = sum(t.open for t in tallies)
    if form == "text" and (decided := sum(t.findings for t in tallies) - left):
        say(
            f"{decided} of these findings are decided already, {left} open; motjuste review --redo shows them again"
        )
    if form == "text" and not wish.dry_run and not wish.output and left:
        say("Next: motjuste review, or motjuste serve in a browser")
    if any(t.skips for t in tallies) and not skip_unreadable:
        raise DatabaseError(
            "not everything could be read: see `not read` above",
            hint="ask for the rights or mend what is named; --skip-unreadable takes it as it is",
        )
    sys.exit(1 if left else 0)


def _report(wish: Wish, form: str) -> NoReturn:
    if wish.output:
        proofs = output.proofs_in(wish.output)
    else:
        with connection.connect(wish.dsn) as conn:
            install.require(conn)
            proofs = publishing.proofs(conn)
    if not proofs:
        raise ConfigError(
            "nothing was scanned and no column is watched", hint="motjuste scan schema.table.column"
        )
    sys.exit(0 if scanned.report(proofs, form) else 1)


def _failed(wish: Wish, form: str) -> NoReturn:
    """Check what could not be checked as it was written, and say what is left."""
    if wish != Wish(wish.dsn):
        raise click.UsageError(
            "--failed reads the notes that are named by motjuste.failure, and takes --dsn and --format"
        )
    current = policy.settings()
    with connection.connect(wish.dsn) as conn:
        publishing.require_writable(conn)
        caught = list(failures.catch_up(conn, policy.matcher().find, current.max_note))
        left = failures.waiting(conn)
    scanned.caught_up(caught, left, form)
    sys.exit(2 if left else 1 if any(c.findings for c in caught) else 0)


def _scan(wish: Wish) -> tuple[list[Tally], list[Any]]:
    current = policy.settings()
    pack = policy.matcher(current).pack
    if wish.second_reading:
        require_reading()
    with ExitStack() as stack:
        executor, jobs = None, wish.jobs
        if wish.cluster:
            executor, jobs = stack.enter_context(executors.cluster(wish.cluster))
        name = stack.enter_context(reading.snapshot(wish.dsn)) if wish.snapshot else ""
        with connection.connect(wish.dsn, read_views=wish.read_views, trust_owner=wish.trust_owner) as conn:
            if wish.output and not wish.dry_run:
                output.require_file(wish.output, force=wish.force)
            key = _key(conn, wish)
            store: output.InFiles | publishing.InDatabase
            if wish.output:
                store = output.InFiles(
                    wish.output, pack, conn.info.user, compare=wish.compare, force=wish.force
                )
            else:
                store = publishing.InDatabase(wish.dsn, pack, compare=wish.compare, say=say)
            journal = _journal(conn, wish, pack)
        stack.callback(journal.close)
        head = journal.head
        store.dry_run = head.dry_run
        spec = Spec(
            head.database, head.oid, pack.language, policy.choices(current), pack.digest, worker.fingerprint(key),
            head.second, head.scope, head.xid, name, round(wish.statement_timeout * 1000), wish.trust_owner, wish.read_views,
            current.max_note,
        )  # fmt: skip
        progress = stack.enter_context(shown())
        tallies: dict[int, Tally] = {}

        def publish(number: int) -> None:
            tallies[number] = store.publish(journal, number)

        sweep = Sweep(journal, spec, wish.dsn, publish, progress, jobs=jobs, rate=wish.max_rows_per_second)
        _run(sweep, wish, key, executor)
        store.finish(journal)
        for number in range(len(head.sources)):  # columns that were done before a resume
            if number not in tallies:
                tallies[number] = publishing.counted(journal, number)
        journal.remove()
    return [tallies[n] for n in sorted(tallies)], store.differences


def _run(sweep: Sweep, wish: Wish, key: bytes, executor: Any) -> None:
    # whoever stops us politely is treated as Ctrl-C; nohup's way of ignoring it stays
    before = {s: signal.getsignal(s) for s in STOPS}
    for number in STOPS:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        if executor is not None:
            sweep.run(executor)
        else:
            executors.run(sweep, wish.dsn, key)
    except MotjusteError:
        click.echo(f"\n{_so_far(sweep.journal, wish)}", err=True)
        raise
    except KeyboardInterrupt:
        say(f"stopped: {_so_far(sweep.journal, wish)}")
        sys.exit(2)
    finally:
        for number in STOPS:
            signal.signal(number, before[number])


def _stop(number: int, frame: FrameType | None) -> None:
    """Print that we stop, then end as by Ctrl-C. A second signal is ignored: it would disturb the cleaning up."""
    for again in STOPS:
        signal.signal(again, signal.SIG_IGN)
    with suppress(OSError):  # not click.echo: we may be in the middle of one
        os.write(2, b"\nstopping ...\n")
    raise KeyboardInterrupt


def _so_far(journal: Journal, wish: Wish) -> str:
    """How much of a scan that ends early is read, and how to go on."""
    if wish.snapshot:
        journal.remove()
        return "a scan of one snapshot cannot be resumed"
    where = f" --output {wish.output}" if wish.output else ""
    where += f" --state {wish.state}" if wish.state else ""
    where += " --read-views" if wish.read_views else ""
    where += " --trust-owner" if wish.trust_owner else ""
    read = f"{len(journal.done)} of {len(journal.parts)} parts are read, nothing is lost."
    return f"{read} To go on: motjuste scan --resume{where}"


def _key(conn: Connection, wish: Wish) -> bytes:
    """The key of the digests: the database's own, else that of the file beside the output."""
    if wish.output is None:
        publishing.require_writable(conn)
        return reading.secret(conn)
    if install.is_installed(conn) and reading.may_read_secret(conn):
        return reading.secret(conn)
    path = wish.output.with_name(wish.output.name + ".key")
    say(f"digests under the key in {path}: keep it, and keep it secret")
    return keyfile.read_or_make(path)


def _journal(conn: Connection, wish: Wish, pack: Pack) -> Journal:
    """The journal to write to: of the scan that was stopped, where this is the same one, else a new one.

    Raises ConfigError where another scan was stopped, of which nobody said that it may be dropped.
    """
    if wish.resume:
        return _resumed(conn, wish, pack)
    path, head = _journal_file(conn, wish), _head(conn, wish, pack)
    if read_head(path) is None:
        return Journal.start(path, head)
    old = Journal.resume(path, torn=wish.anew)
    if not old.done:
        old.close()
        return Journal.start(path, head)
    when = f"the scan of {old.head.started_at[:16]} that was stopped, {len(old.done)} of {len(old.parts)} parts read"
    if wish.anew:
        old.close()
        say(f"dropped: {when}")
        return Journal.start(path, head)
    if old.head.asks(head) and not wish.snapshot:
        say(f"going on with {when}; --anew begins anew")
        return old
    old.close()
    raise ConfigError(
        f"not begun, it would drop {when}",
        hint="motjuste scan --resume goes on with that one; --anew drops it; --state FILE keeps both",
    )


def _head(conn: Connection, wish: Wish, pack: Pack) -> Head:
    """What is asked for, as a journal says it."""
    sources = _sources(conn, wish)
    reading.prepare(conn)
    reading.check_since(conn, sources, wish.scope)
    sources = reading.by_key(conn, sources, wish.by_key)
    now = reading.moment(conn)
    return Head(
        str(uuid.uuid4()), now.started_at.isoformat(), now.database, now.oid, pack.digest, tuple(sources), wish.scope,
        wish.second_reading, now.xid, wish.dry_run, now.snapshot, 0 if wish.output else failures.unrecorded(conn),
    )  # fmt: skip


def _resumed(conn: Connection, wish: Wish, pack: Pack) -> Journal:
    if wish.anew:
        raise click.UsageError("--resume goes on with a scan, --anew drops it: give one of them")
    if wish.columns or wish.since or wish.sample or wish.by_key or wish.snapshot or wish.second_reading:
        raise click.UsageError("--resume goes on with what that scan was told: leave out what to read")
    journal = Journal.resume(_journal_file(conn, wish))
    try:
        _require_same(conn, journal.head, pack)
    except MotjusteError:
        journal.close()
        raise
    return journal


def _require_same(conn: Connection, head: Head, pack: Pack) -> None:
    """Raise ConfigError if a journal belongs to another database or to other rules."""
    now = reading.moment(conn)
    if (now.database, now.oid) != (head.database, head.oid):
        raise ConfigError(
            f"that scan was of database {head.database}", hint="connect to it: --dsn, MOTJUSTE_DSN"
        )
    if head.pack != pack.digest:
        raise ConfigError(
            "the rules changed since that scan began: its findings would be a mixture",
            hint="motjuste scan --anew",
        )


def _journal_file(conn: Connection, wish: Wish) -> Path:
    if wish.state:
        return wish.state
    if wish.output:
        return wish.output.with_name(wish.output.name + ".journal")
    return state_file(f"{conn.info.host}:{conn.info.port}/{conn.info.dbname}")


def _sources(conn: Connection, wish: Wish) -> list[Source]:
    installed = install.is_installed(conn)
    if wish.columns:
        places = [reading.parse_name(conn, c) for c in wish.columns]
    elif install.may(conn, "watch", "select") and (places := watching.watched(conn)):
        pass
    else:
        watches = policy.settings().watches
        places = [reading.resolve(conn, Place(w.relation, w.column, w.json_key)) for w in watches]
    if not places:
        raise ConfigError(
            "nothing to scan: no column is watched", hint="name a column, or run motjuste install"
        )
    places = list(dict.fromkeys(places))
    if installed and reading.may_read_secret(conn):
        watched = set(watching.watched(conn))
        places = [place.whole if place.whole in watched else place for place in places]
        return [reading.watched_source(conn, place) for place in places]
    return [reading.source(conn, place) for place in places]
