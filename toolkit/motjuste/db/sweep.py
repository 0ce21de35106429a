"""Drives a scan: plans parts, hands them to an executor, notes their outcomes in the journal, and publishes finished columns.

The executor is any of `concurrent.futures`: this process itself, worker processes, or a cluster's. Whatever happens to
it, what is in the journal is done; running the sweep again reads the rest.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace

from motjuste.db import connection, findings, reading, worker
from motjuste.db.connection import Connection, passing_over
from motjuste.db.worker import Spec
from motjuste.scanning.journal import Journal
from motjuste.scanning.scan import NO_KEY, Outcome, Part, Skip

REWRITES = 3  # times that a table may be written anew under a scan before the scan goes on as it is
LAST = 60  # seconds that a part may still take when another one failed
# what goes for a whole table and not for a part of it: no rights, not there, locked for long, on a foreign server that is away
WHOLLY = ("42501", "42P01", "42703", "3F000", "42809", "55P03", "08001")


@dataclass
class Progress:
    """How far a scan is: rows read of about so many, findings so far, parts done of all, the column at hand."""

    label: str = ""
    rows: int = 0
    total: int = 0
    findings: int = 0
    parts: int = 0


class Inline(Executor):
    """An executor that does the work at once, in this process."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        """The work done: a future that has its result. What the work raises is raised here."""
        future: Future[object] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Sweep:
    """One scan: `publish` is called with the number of each column whose parts are all read."""

    def __init__(
        self,
        journal: Journal,
        spec: Spec,
        dsn: str | None,
        publish: Callable[[int], None],
        progress: Callable[[Progress], None],
        *,
        jobs: int = 1,
        rate: int = 0,
    ) -> None:
        self.journal, self.spec, self.dsn = journal, spec, dsn
        self.publish, self.progress = publish, progress
        self.jobs, self.rate = jobs, rate
        self.state = Progress()
        self._rewrites: dict[int, int] = {}
        self._dead: dict[tuple[int, str], Skip] = {}
        self._read = 0  # rows of this run, for the pace
        self._began = time.monotonic()

    def run(self, executor: Executor) -> None:
        """Read all that is left and publish each column. What was read before an error or Ctrl-C stays in the journal."""
        self._began, self._read = time.monotonic(), 0
        self._dead.clear()
        self.state = Progress(findings=self.journal.findings)
        places = [n for n in range(len(self.journal.head.sources)) if n not in self.journal.published]
        for place in places:
            self._plan(place)
        for part in self.journal.parts.values():  # of a scan that is resumed
            if part.number in self.journal.done:
                self.state.rows += self._weight(part)
        self._measure()
        self.state.label = self.journal.head.sources[places[0]].place.label if places else ""
        self.progress(self.state)
        waiting = deque(self.journal.pending())
        flying: dict[Future[Outcome], Part] = {}
        patience = LAST
        try:
            self._finish(places, waiting, flying)
            while waiting or flying:
                self._launch(executor, waiting, flying)
                self._land(flying)
                self._finish(places, waiting, flying)
        except KeyboardInterrupt:
            patience = 0  # a person waits: the parts at hand are read again by --resume
            raise
        finally:
            self._drain(flying, patience)

    # -- the parts --------------------------------------------------------------------------------

    def _plan(self, place: int) -> list[Part]:
        """Plan what a column has that is not planned yet; parts whose table is gone or written anew are forgotten."""
        source = self.journal.head.sources[place]
        with self._planner() as conn:
            try:
                leaves = reading.leaves(conn, source.place.relation)
            except conn.Error as exc:
                if (exc.sqlstate or "")[:2] not in ("42", "3F"):
                    raise
                leaves = [
                    reading.Leaf(source.place.relation, False, 0, 0, 0, "", True)
                ]  # gone: reading it says so
        limit = self.rate // self.jobs if self.rate else 0
        scope = self.journal.head.scope
        wanted = reading.parts(leaves, source.place.relation, place, self.journal.next_number, scope, limit)
        storage = {p.table: p.storage for p in wanted}
        known = [p for p in self.journal.of(place) if p.kind != "changed"]
        stale = [
            p
            for p in known
            if (
                p.table not in storage
                and (p.number not in self.journal.done or p.number in self.journal.skipped)
            )
            or (p.kind == "pages" and p.table in storage and storage[p.table] != p.storage)
        ]
        if stale:
            self.journal.reset([p for p in known if p.table in {s.table for s in stale}])
        have = {p.table for p in self.journal.of(place)}
        new = [p for p in wanted if p.table not in have]
        if scope.by_key:
            new = self._by_key(new, scope.by_key, limit)
        if new:
            self.journal.plan(new)
        return new

    def _by_key(self, parts: list[Part], key: str, limit: int) -> list[Part]:
        """The parts, those that are read whole cut by ranges of the key."""
        listed: list[Part] = []
        with self._planner(self.spec.timeout) as conn:
            for part in parts:
                number = parts[0].number + len(listed)
                moved = replace(part, number=number)
                listed += reading.ranges(conn, moved, key, limit) if part.kind == "whole" else [moved]
        return listed

    @contextmanager
    def _planner(self, timeout: int = 0) -> Iterator[Connection]:
        spec = self.spec
        with connection.connect(self.dsn, trust_owner=spec.trust_owner, read_views=spec.read_views) as conn:
            reading.prepare(conn, timeout)
            yield conn

    def _measure(self) -> None:
        parts = [p for p in self.journal.parts.values() if p.kind != "changed"]
        self.state.total = sum(map(self._weight, parts))
        self.state.parts = len(self.journal.done)

    # -- the work ---------------------------------------------------------------------------------

    def _launch(self, executor: Executor, waiting: deque[Part], flying: dict[Future[Outcome], Part]) -> None:
        # one part more than workers, so that none waits for us; a single process needs none
        ahead = self.jobs + 1 if self.jobs > 1 else 1
        while waiting and len(flying) < ahead:
            part = waiting[0]
            if dead := self._dead.get((part.place, part.table)):
                self._note(waiting.popleft(), Outcome(part.number, 0, part.rows, skips=(dead,)))
                continue
            pause = self._pause(flying)
            if pause > 0:
                if not flying:
                    time.sleep(pause)
                return
            waiting.popleft()
            source = self.journal.head.sources[part.place]
            self.state.label = source.place.label
            flying[executor.submit(worker.work, self.spec, source, part)] = part

    def _pause(self, flying: dict[Future[Outcome], Part]) -> float:
        """Seconds to wait so that no more rows a second are read than asked for; at most one at a time."""
        if not self.rate:
            return 0
        due = (self._read + sum(map(self._weight, flying.values()))) / self.rate
        return min(1.0, due - (time.monotonic() - self._began))

    def _weight(self, part: Part) -> int:
        """About how many rows of a part are read."""
        return min(part.rows, self.journal.head.scope.sample or part.rows)

    def _land(self, flying: dict[Future[Outcome], Part]) -> None:
        if not flying:
            return
        done, _ = wait(flying, timeout=1, return_when=FIRST_COMPLETED)
        for future in done:
            part = flying.pop(future)
            self._note(part, future.result())

    def _note(self, part: Part, outcome: Outcome) -> None:
        if part.kind == "changed":
            outcome = replace(outcome, again=(*outcome.again, *self._gone(part.place)))
        self.journal.add(outcome)
        for skip in outcome.skips:
            if skip.state in WHOLLY:
                self._dead[part.place, part.table] = skip
        self._read += outcome.rows_read
        self.state.rows += self._weight(part)
        self.state.parts += 1
        self.state.findings += sum(len(h.matches) for h in outcome.hits)
        self.progress(self.state)

    def _gone(self, place: int) -> list[str]:
        """The keys of rows with findings that were deleted, or given another key, since they were read."""
        keys = {h.row_key for o in self.journal.outcomes(place) for h in o.hits if h.row_key != NO_KEY}
        with self._planner(self.spec.timeout) as conn:
            with passing_over(conn):
                return findings.gone(conn, self.journal.head.sources[place].place, sorted(keys))
            return []  # no rights any more, or too slow: the next scan closes them

    def _drain(self, flying: dict[Future[Outcome], Part], patience: float) -> None:
        """Wait so many seconds for parts that are being read, and take their outcomes; cancel those that have not begun."""
        for future in list(flying):
            if future.cancel():
                flying.pop(future)
        done, _ = wait(flying, timeout=patience)
        for future in done:
            if not future.cancelled() and future.exception() is None:
                self._note(flying.pop(future), future.result())
        flying.clear()

    # -- the end of a column ----------------------------------------------------------------------

    def _finish(self, places: list[int], waiting: deque[Part], flying: dict[Future[Outcome], Part]) -> None:
        busy = {p.place for p in waiting} | {p.place for p in flying.values()}
        for place in [p for p in places if p not in busy]:
            more = self._rest(place)
            if more:
                waiting.extendleft(reversed(more))
                self._measure()
            else:
                self.publish(place)
                self.journal.publish(place)
                places.remove(place)

    def _rest(self, place: int) -> list[Part]:
        """What is left to read of a column whose parts are read: new or rewritten tables, then rows changed meanwhile."""
        self._rewrites[place] = self._rewrites.get(place, 0) + 1
        if self._rewrites[place] <= REWRITES and (new := self._plan(place)):
            return new
        parts = self.journal.of(place)
        ranges = [p for p in parts if p.kind == "pages"]
        read = [p for p in ranges if p.number not in self.journal.skipped]
        if len(ranges) < 2 or not read or self.spec.snapshot or any(p.kind == "changed" for p in parts):
            return []
        relation = self.journal.head.sources[place].place.relation
        last = Part(self.journal.next_number, place, relation, "changed", only=False)
        self.journal.plan([last])
        return [last]
