"""The exact ways of `motjuste check`: a database made for the files, or one as it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from motjuste import config
from motjuste.config import Config
from motjuste.officer.report import Problem
from motjuste.schema_check import coverage, seen
from motjuste.schema_check.catalogue import Catalogue, Place
from motjuste.schema_check.layout import RUNNERS
from motjuste.schema_check.replay import PLATFORM, Replayed
from motjuste.schema_check.rules.context import problem
from motjuste.schema_check.seen import Seen


def run(
    replayed: Replayed, dev: str | None, settings: Config, *, compare: bool, wrapped: bool
) -> tuple[list[Seen], list[Problem]]:
    """The columns that a database has after the files, and what its server refused."""
    from motjuste.db import shadow
    from motjuste.db.connection import connect

    name = f"motjuste_check_{os.getpid()}"
    failures: list[shadow.Failure] = []
    found: list[list[Seen]] = []
    with _server(dev) as where:
        for model, names in zip(replayed.session.databases, replayed.databases.values(), strict=True):
            pieces = {n: replayed.pieces[n] for n in names}
            with shadow.throw_away(where, name, pieces) as dsn:
                failures += shadow.apply(dsn, pieces, own_server=dev is None, wrapped=wrapped)
                with connect(dsn) as conn:
                    rows = _wanted(shadow.columns(conn), model, settings)
            found.append(seen.from_rows(rows, model, replayed.session.notes))
    exact = seen.merged(found)
    problems = [
        problem(
            "statement-not-analysed",
            f.place,
            f"the database refused it: {f.why}",
            "mend the statement or the order of the files",
            last=f.last,
        )
        for f in failures
        if not _of_runner(f.why)
    ]
    if compare:
        static = seen.merged(seen.from_catalogue(c, settings.schemas) for c in replayed.session.databases)
        problems += [
            problem(
                "statement-not-analysed",
                d.place,
                f"{d.label}: {d.what}",
                "please report it: the two should agree",
                d.label,
            )
            for d in seen.differences(static, exact)
        ]
    elif not failures:
        # what the model did not understand the database has run
        replayed.session.notes = [n for n in replayed.session.notes if n.what == "file"]
    return exact, problems


def _wanted(rows: list[dict[str, Any]], model: Catalogue, settings: Config) -> list[dict[str, Any]]:
    """The rows of the schemas that are asked for, but for the tables of a platform."""
    wanted = set(settings.schemas)
    ours = [r for r in rows if not wanted or r["schema"] in wanted]
    made = [(r, model.relations.get((r["schema"], r["table"]))) for r in ours]
    return [r for r, relation in made if relation is None or relation.extension != PLATFORM]


def _of_runner(why: str) -> bool:
    """Whether a server misses what a migration tool would have made for itself."""
    missing = re.fullmatch(r'(?:relation|table) "(?:.*\.)?(.*)" does not exist', why)
    return missing is not None and missing[1].lower() in RUNNERS


@contextmanager
def _server(dev: str | None) -> Iterator[str]:
    if dev is not None:
        yield dev
        return
    from motjuste import server

    click.echo("starting a throw-away server ...", err=True)
    with server.run(settings=(*server.THROW_AWAY, *server.FOR_STRANGERS)) as running:
        yield running.dsn()


def live(dsn: str, replayed: Replayed, settings: Config) -> tuple[list[Seen], list[Problem]]:
    """The columns of a database as it stands, and which of its triggers are not in place."""
    from motjuste.db import shadow
    from motjuste.db.connection import connect
    from motjuste.db.states import INSTALLED, states

    with connect(dsn) as conn:
        wanted = set(settings.schemas)
        rows = [r for r in shadow.columns(conn) if not wanted or r["schema"] in wanted]
        installed = conn.execute("select to_regclass('motjuste.watch') is not null").fetchone()
        found = states(conn) if installed and installed[0] else []
    problems = [
        problem(
            "trigger-removed",
            Place("database", 0),
            f"{state.place.label}: its checks are {state.state}",
            "motjuste install",
            state.place.label,
        )
        for state in found
        if state.state != INSTALLED
    ]
    for state in found:
        label = config.Watch(state.place.relation, state.place.column)
        replayed.session.event("live", coverage.watch_label(label), detail=state.mode)
    return seen.from_rows(rows, replayed.session.catalogue), problems
