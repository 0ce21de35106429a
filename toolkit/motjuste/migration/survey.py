"""The first reading of the decisions: counts them, and finds what keeps them from becoming a migration."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, NoReturn

from motjuste.errors import ConfigError, MotjusteError
from motjuste.migration.decisions import NoteId, identity
from motjuste.migration.plan import chunks, row_of
from motjuste.migration.shape import (
    CHANGING,
    RESTRICTION,
    WHOLE,
    NoteColumn,
    Place,
    Row,
    Summary,
    Survey,
    label,
    place,
)
from motjuste.model import Decision, Match

CHUNK = 2000

Numbered = tuple[int, Decision]
Unknown = Callable[[list[Decision]], Collection[int]]
Stale = Callable[[list[Decision]], Mapping[int, str]]


class _Judged(NamedTuple):
    """The result of some verdicts: the categories that change the note, the rules that stay, or an error."""

    categories: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    wrong: tuple[str, str] | None = None


class Surveyor:
    """Checks decisions against the pack and the database. Raises ConfigError naming the file and the line.

    `find` gives the matches of a text; `categories` maps the pack's rules to their categories; `unknown` says which
    of some decisions, by place in the list, the database has no finding for, `stale` which it has otherwise, and how; `column`
    looks a column up; `empty` is the digest of a note without a sign, `notices` are what may stand in the place of a restricted note.
    `named`: an error names the note and who decided of it, as there is no file to look them up in.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[str], Iterable[Match]],
        categories: Mapping[str, str],
        unknown: Unknown,
        column: Callable[[Place], NoteColumn],
        *,
        stale: Stale = lambda _: {},
        second_reader: bool = False,
        empty: str = "",
        notices: Collection[str] = (),
        named: bool = False,
    ) -> None:
        self._name = name
        self._named = named
        self._stale = stale
        self._categories = categories
        self._unknown = unknown
        self._column = column
        self._second_reader = second_reader
        self._empty = empty
        self._notices = frozenset(notices)
        # the same few wordings and verdicts stand in thousands of notes
        self._faults = lru_cache(10_000)(lambda text: frozenset(m.rule for m in find(text)))
        self._judged = lru_cache(10_000)(self._judge)
        self.columns: dict[Place, NoteColumn] = {}
        self.digests: dict[Place, bytearray] = {}
        self.sorted = True

    def survey(self, numbered: Iterable[Numbered], keep: Callable[[Place, Row], object]) -> Survey:
        """What the decisions come to; `keep` gets those that change their note, as they stand in a file.

        `columns` and `digests` (32 bytes a note) are known afterwards, and whether the decisions were `sorted`: where not,
        two on one note need not be neighbours, and have to be surveyed in order.
        """
        found = Survey()
        before: tuple[int, NoteId, Decision] | None = None
        for chunk in chunks(numbered, CHUNK):
            for number, d in chunk:
                here = number, identity(d), d
                if before is not None:
                    self._order(before, here)
                before = here
                if d.edits:
                    judged = self._check(number, d)
                    keep(place(d), self._row(number, d))
                    self._count(found, d, judged)
            self._known(chunk)
        found.places = dict(sorted(found.places.items()))
        return found

    def _order(self, before: tuple[int, NoteId, Decision], here: tuple[int, NoteId, Decision]) -> None:
        one, other = before[1], here[1]
        if one > other:
            self.sorted = False
        elif one == other or (one[:4] == other[:4] and here[2].row_key):
            self._refuse(
                here[0],
                here[2],
                f"a second decision for the note of line {before[0]}",
                "keep one of the two: review the note again, or remove a line",
            )

    def _check(self, number: int, d: Decision) -> _Judged:
        judged = self._judged(tuple([(v.rule, v.action) for v in d.verdicts]))
        if judged.wrong:
            self._refuse(number, d, *judged.wrong)
        if self._second_reader and not d.second_reader:
            self._refuse(
                number,
                d,
                "nobody confirmed it",
                "another person reads it again: motjuste review --second-reader",
            )
        if d.second_reader and d.second_reader == d.reviewer:
            self._refuse(number, d, "its second reader is its reviewer", "another person has to confirm it")
        if not self._is_whole(d):
            self._refuse(
                number,
                d,
                "for its age or its person a note goes whole, and no other words take its place",
                "write the decisions again: motjuste review purge, motjuste access --erase or --restrict",
            )
        for e in d.edits:
            for rule in sorted(self._faults(e.text) - judged.kept):
                self._refuse(
                    number, d, f"a replacement holds a finding itself ({rule})", "review the note again"
                )
        return judged

    def _is_whole(self, d: Decision) -> bool:
        """Whether a note that is changed for its age or its person alone is emptied, or replaced by a notice: no finding says what else."""
        changing = {v.rule for v in d.verdicts if v.action in CHANGING}
        if not changing <= WHOLE:
            return True
        [first, *others] = d.edits
        if others or first.start:
            return False
        if first.text:
            return changing == {RESTRICTION} and first.text in self._notices
        return not self._empty or d.digest_after == self._empty

    def _judge(self, verdicts: tuple[tuple[str, str], ...]) -> _Judged:
        for rule in sorted({rule for rule, _ in verdicts} - self._categories.keys() - WHOLE):
            wrong = f"rule {rule!r} is not in the pack", "scan and review again with the rules in use"
            return _Judged(wrong=wrong)
        changing = [rule for rule, action in verdicts if action in CHANGING]
        if not changing:
            return _Judged(wrong=("it edits the note, but no verdict says so", "review the note again"))
        kept = frozenset(rule for rule, action in verdicts if action not in CHANGING)
        return _Judged(tuple(self._categories.get(rule, rule) for rule in changing), kept)

    def _row(self, number: int, d: Decision) -> Row:
        where = place(d)
        try:
            if where not in self.columns:
                self.columns[where] = self._column(where)
            return row_of(self.columns[where], d)
        except MotjusteError as exc:
            self._refuse(number, d, exc.message, exc.hint)

    def _count(self, found: Survey, d: Decision, judged: _Judged) -> None:
        summary = found.places.setdefault(place(d), Summary())
        summary.notes += 1
        found.emptied += bool(self._empty) and d.digest_after == self._empty
        for category in judged.categories:
            summary.categories[category] += 1
        self.digests.setdefault(place(d), bytearray()).extend(bytes.fromhex(d.note_digest))
        if d.reviewer:
            found.reviewers.add(d.reviewer)
        if d.second_reader:
            found.second_readers.add(d.second_reader)

    def _known(self, chunk: list[Numbered]) -> None:
        changing = [(number, d) for number, d in chunk if d.edits]
        for i in sorted(self._unknown([d for _, d in changing])):
            self._refuse(
                *changing[i],
                "no such finding in this database",
                "plan on the database that was reviewed; where the note was scanned again since, review it again",
            )

        for i, what in sorted(self._stale([d for _, d in changing]).items()):
            self._refuse(
                *changing[i],
                what,
                "plan what the database holds: leave the file out, or take it over first: motjuste decisions import",
            )

    def _refuse(self, number: int, d: Decision, what: str, hint: str) -> NoReturn:
        whose = (
            f" ({label(*place(d))}, row {json.dumps(d.row_key, ensure_ascii=False)[:200]}, by {d.reviewer[:80]})"
            if self._named
            else ""
        )
        raise ConfigError(f"{self._name}:{number}: {what}{whose}", hint=hint)
