"""`motjuste scan` in this process, for the tests of scans."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from motjuste.cli.main import motjuste
from motjuste.db import sweep
from motjuste.db.connection import Connection
from motjuste.errors import MotjusteError
from motjuste.scanning.scan import Outcome, Part

BAD = "Client alcoolique, rappeler lundi."
CLEAN = "Rappeler lundi matin."
MANY = (
    "create table client (id int primary key, note text);"
    f"insert into client select i, case when i % 50 = 0 then '{BAD}' else '{CLEAN}' end from generate_series(1, 5000) as i;"
)


class Scan:
    """`motjuste scan` in this process, against one database; parts are small, so that tables have several."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def __call__(self, *args: str, user: str = "") -> Result:
        dsn = self.dsn.replace("user=postgres", f"user={user}") if user else self.dsn
        return CliRunner().invoke(motjuste, ["scan", *args], env={"MOTJUSTE_DSN": dsn})

    def column(self, *args: str, user: str = "") -> dict[str, Any]:
        """What a scan of one column says of it."""
        done = self(*args, "--format", "json", user=user)
        assert done.exit_code in (0, 1), done.exception
        [column] = json.loads(done.stdout)["columns"]
        return dict(column)

    def refused(self, *args: str, user: str = "") -> MotjusteError:
        """The error that a scan ends with."""
        done = self(*args, user=user)
        assert isinstance(done.exception, MotjusteError), done.output
        assert done.exception.hint
        return done.exception


def after_first_part(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something once, when the first part of a scan is read."""
    note = sweep.Sweep._note
    acted: list[object] = []

    def noted(self: sweep.Sweep, part: Part, outcome: Outcome) -> None:
        note(self, part, outcome)
        if not acted:
            acted.append(act() or True)

    monkeypatch.setattr(sweep.Sweep, "_note", noted)


def open_ids(conn: Connection) -> list[int]:
    query = "select (row_key ->> 'id')::int from motjuste.finding where status = 'open' order by 1"
    return [i for (i,) in conn.execute(query)]
