"""Searching down the keys from a person's rows, a table and a key at a time.

Each query asks for the rows whose key is among known values, which an index on the key answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from motjuste.access.document import Failed, Reason, Searched, Stored
from motjuste.access.graph import Plan
from motjuste.access.tables import Link
from motjuste.db import trust
from motjuste.db.access.rows import Row, Select, as_text, match, named, targeted
from motjuste.db.access.subject import Asked
from motjuste.db.access.ties import Ties
from motjuste.db.connection import Connection
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import inside

BATCH = 5000  # keys asked for in one query

Progress = Callable[[str], None]


class Search:
    """A search in progress: the rows found in each table, the rows to continue from, and what could not be read."""

    def __init__(self, conn: Connection, known: Ties, way: Plan, progress: Progress) -> None:
        self.conn = conn
        self.tables = known.tables
        self.plan = way
        self._authors = known.authors()
        self._progress = progress
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in way.distance}
        self._fresh: dict[str, list[Row]] = {}
        self._aside: dict[str, dict[str, str]] = {}
        self._asked: dict[Link, set[tuple[str, ...]]] = {}
        self._failed: dict[str, Failed] = {}
        self._blocked: set[str] = set()
        self._codes: dict[str, str] = {}
        self._selects: dict[str, Select] = {}

    def begin(self, asked: Sequence[Asked]) -> tuple[tuple[str, str], ...]:
        """Start from the rows that were asked for; their names. Raises ConfigError where one is not exactly one row,
        DatabaseError where this role may not read it.
        """
        named = []
        for a in asked:
            closed = [c for c in a.columns if c in self.tables[a.table].unreadable]
            if closed:
                raise DatabaseError(
                    f"this role may not read {a.table} ({', '.join(closed)})",
                    hint="connect as a role that may read the tables about the person",
                )
            trust.require_read(self.conn, a.table)
            where = a.where(self.tables)
            try:
                with self.conn.transaction():
                    rows = list(self._read(a.table, sql.SQL("where {} limit 2").format(where)))
            except psycopg.DataError as exc:
                kinds = ", ".join(self.tables[a.table].columns[c] for c in a.columns)
                raise ConfigError(
                    f"the value given for {a.table} ({', '.join(a.columns)}) is no {kinds}",
                    hint="give the key as the table holds it",
                ) from exc
            if len(rows) != 1:
                [(number,)] = self.conn.execute(
                    sql.SQL("select count(*) from {} as x where {}").format(sql.SQL(a.table), where)
                ).fetchall()
                what = f"{number} rows of {a.table} have" if number else f"no row of {a.table} has"
                hidden = (
                    " (row-level security may hide it from this role)"
                    if self.tables[a.table].filtered
                    else ""
                )
                raise ConfigError(
                    f"{what} this {', '.join(a.columns)}{'' if number else hidden}",
                    hint="name the person by the key" if number else "check the value; nothing was written",
                )
            self._add(a.table, rows[0][0])
            key = rows[0][0].key
            if key == "{}":
                key = json.dumps(dict(zip(a.columns, a.values, strict=True)), ensure_ascii=False)
            named.append((a.table, key))
        return tuple(named)

    def run(self) -> None:
        """Follow the keys until no new row is found, the nearest tables first."""
        while self._fresh:
            table = min(self._fresh, key=lambda t: (self.plan.distance[t], t))
            fresh = self._fresh.pop(table)
            for link in self.plan.out_of(table):
                if link.child not in self._blocked and self._possible(link):
                    self._follow(link, fresh)
        self._spread_failures()

    def _possible(self, link: Link) -> bool:
        """Whether this role may read the columns of a key; where not, its child is noted as not searched."""
        child, parent = self.tables[link.child], self.tables[link.parent]
        closed = [f"{child.name}.{c}" for c in link.columns if c.partition("->>")[0] in child.unreadable]
        closed += [f"{parent.name}.{c}" for c in link.targets if c in parent.unreadable]
        if closed:
            self._fail(link.child, "denied", ", ".join(closed), block=True)
        for name in filter(None, (link.child, link.moved_from)):
            if not closed and (why := self._code(name)):
                self._fail(link.child, "code", why, block=True)
                return False
        return not closed

    def _code(self, table: str) -> str:
        """Which code of other people would run with our rights if a table is read; '' if none."""
        if table not in self._codes:
            self._codes[table] = trust.why_not_until_end(self.conn, table)
        return self._codes[table]

    def _fail(self, table: str, reason: Reason, detail: str = "", *, block: bool = False) -> None:
        self._failed.setdefault(table, Failed(table, reason, detail))
        if block:
            self._blocked.add(table)

    def _follow(self, link: Link, fresh: Sequence[Row]) -> None:
        known = self._asked.setdefault(link, set())
        wanted = {values for row in fresh if (values := targeted(row, link.targets))} - known
        known |= wanted
        try:
            with self.conn.transaction():
                if link.moved_from:
                    wanted -= self._standing(link, sorted(wanted))
                keys = sorted(wanted)
                for first in range(0, len(keys), BATCH):
                    self._progress(link.child)
                    self._take(link, keys[first : first + BATCH])
        except psycopg.Error as exc:
            if self.conn.closed or self.conn.broken:
                raise
            # the server's message may quote a row: its code is enough
            self._fail(link.child, "error", exc.sqlstate or "", block=True)

    def _standing(self, link: Link, keys: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """Those of these keys whose rows are still where the parent's rows were moved from."""
        there = replace(link, child=link.moved_from, columns=link.targets)
        names = sql.SQL(", ").join(as_text(self.tables[there.child], c) for c in link.targets)
        found: set[tuple[str, ...]] = set()
        for first in range(0, len(keys), BATCH):
            query = sql.SQL("select {} from {}").format(
                names, match(self.tables, there, keys[first : first + BATCH])
            )
            found.update(self.conn.execute(query).fetchall())
        return found

    def _take(self, link: Link, keys: Sequence[tuple[str, ...]]) -> None:
        for row, others in self._read(link.child, sql.SQL(""), link, keys):
            if row.identity in self._rows[link.child]:
                continue
            if others:
                self._aside.setdefault(link.child, {})[row.identity] = link.source
            else:
                self._add(link.child, row)

    def _add(self, table: str, row: Row) -> None:
        if row.identity not in self._rows[table]:
            self._rows[table][row.identity] = row
            self._fresh.setdefault(table, []).append(row)

    def _read(
        self, name: str, end: sql.Composable, link: Link | None = None, keys: Sequence[tuple[str, ...]] = ()
    ) -> Iterator[tuple[Row, bool]]:
        """The rows of a table by a key, or by the condition `end`; with each whether it names another person."""
        if name not in self._selects:
            self._selects[name] = Select(self.conn, self.tables[name], self.plan, self._authors.get(name, ""))
        select = self._selects[name]
        nearer = self.plan.nearer(link) if link else []
        source = match(self.tables, link, keys) if link else sql.SQL("{} as x").format(sql.SQL(name))
        query = sql.SQL("select {}, {} from {} {}").format(named(nearer), select.columns, source, end)
        for others, *values in self.conn.execute(query):
            yield select.row(values), bool(others)

    def _spread_failures(self) -> None:
        """Record as failed: tables that depend on one that could not be searched, unreadable note columns, and filtered tables."""
        waiting = sorted(self._blocked)
        while waiting:
            above = waiting.pop()
            for link in self.plan.out_of(above):
                if link.child not in self._failed:
                    self._fail(link.child, "hangs", above)
                    waiting.append(link.child)
        for name in self.plan.distance:
            table = self.tables[name]
            closed = sorted(
                {c for c, _ in table.notes if c in table.unreadable} | table.unreadable & set(table.documents)
            )
            if closed:
                self._fail(name, "denied", ", ".join(f"{name}.{c}" for c in closed))
            if table.filtered:
                self._fail(name, "filtered")

    def notes(self) -> tuple[Stored, ...]:
        """The notes of the rows that were found, each once, even if two tables show it (a table and its child)."""
        found: dict[tuple[str, str], Stored] = {}
        for name in self.plan.distance:
            for row in self._rows[name].values():
                for note in row.notes:
                    found.setdefault((row.identity, note.place.name), note)
        return tuple(found.values())

    def authors(self) -> dict[str, str]:
        """The author column of each table that was read, '' for none."""
        return {name: select.author for name, select in self._selects.items()}

    def searched(self) -> tuple[Searched, ...]:
        """The proof: each searched table, with the keys that led to it and the number of rows found."""
        found = []
        for name in self.plan.distance:
            rows = self._rows[name]
            if name in self._blocked and not rows:
                continue
            into = self.plan.into(name)
            aside = [by for identity, by in self._aside.get(name, {}).items() if identity not in rows]
            followed = {c for link in into for c in link.columns}
            columns = dict.fromkeys(
                [c + inside(k) for c, k in self.tables[name].notes if c not in self.tables[name].unreadable]
                + [n.place.name for row in rows.values() for n in row.notes]
            )
            found.append(
                Searched(
                    name,
                    tuple(columns),
                    tuple(link.label for link in self.plan.path(name)),
                    len(rows),
                    sum(len(row.notes) for row in rows.values()),
                    len(aside),
                    tuple(c for c in self.tables[name].other_texts if c not in followed),
                    tuple(link.label for link in into if link not in self.plan.path(name)),
                    tuple(sorted(set(aside))),
                )
            )
        return tuple(found)

    def failed(self) -> tuple[Failed, ...]:
        """What could not be searched, or perhaps not completely, in order of name."""
        return tuple(failed for _, failed in sorted(self._failed.items()))
