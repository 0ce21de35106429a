"""A first reading of the decisions: what they come to, and what keeps them from becoming a migration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from motjuste.decisions import identity
from motjuste.errors import ConfigError, MotjusteError
from motjuste.migration.plan import chunks, row_key
from motjuste.migration.shape import CHANGING, WHOLE, NoteColumn, Place, Summary, Survey, place
from motjuste.model import Decision, Match

CHUNK = 2000

Numbered = tuple[int, Decision]
Unknown = Callable[[list[Decision]], Collection[int]]


class Surveyor:
    """Checks decisions against the pack and the database. Raises ConfigError naming the file and the line.

    `find` gives the matches of a text; `categories` maps the pack's rules to their categories; `unknown` says which
    of some decisions, by place in the list, the database has no finding for; `column` looks a column up.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[str], Iterable[Match]],
        categories: Mapping[str, str],
        unknown: Unknown,
        column: Callable[[Place], NoteColumn],
        *,
        second_reader: bool = False,
    ) -> None:
        self._name = name
        self._categories = categories
        self._unknown = unknown
        self._column = column
        self._second_reader = second_reader
        # the same few wordings stand in thousands of notes
        self._faults = lru_cache(10_000)(lambda text: frozenset(m.rule for m in find(text)))
        self.columns: dict[Place, NoteColumn] = {}
        self.digests: dict[Place, bytearray] = {}
        self.sorted = True

    def survey(self, numbered: Iterable[Numbered]) -> Survey:
        """What the decisions come to; `columns` and `digests` (32 bytes a note) are known afterwards, and whether it was `sorted`."""
        found = Survey()
        last: Numbered | None = None
        for chunk in chunks(numbered, CHUNK):
            for number, d in chunk:
                if last is not None:
                    self._order(last, (number, d))
                last = number, d
                if d.edits:
                    self._check(number, d)
                    self._count(found, d)
            self._known(chunk)
        found.places = dict(sorted(found.places.items()))
        return found

    def _order(self, before: Numbered, here: Numbered) -> None:
        one, other = identity(before[1]), identity(here[1])
        if one > other:
            self.sorted = False
        elif one == other or (one[:4] == other[:4] and here[1].row_key):
            self._refuse(
                here[0],
                f"a second decision for the note of line {before[0]}",
                "keep one of the two: review the note again, or remove a line",
            )

    def recheck(self, numbered: Iterable[Numbered]) -> None:
        """Look for second decisions on a note in a file that was not in order, where they need not be neighbours."""
        ordered = sorted(((identity(d), n, d) for n, d in numbered), key=lambda x: x[:2])
        for (_, before, one), (_, here, other) in pairwise(ordered):
            self._order((before, one), (here, other))

    def _check(self, number: int, d: Decision) -> None:
        rules = {v.rule for v in d.verdicts}
        for rule in sorted(rules - self._categories.keys() - WHOLE):
            self._refuse(
                number, f"rule {rule!r} is not in the pack", "scan and review again with the rules in use"
            )
        if not any(v.action in CHANGING for v in d.verdicts):
            self._refuse(number, "it edits the note, but no verdict says so", "review the note again")
        if self._second_reader and not d.second_reader:
            self._refuse(
                number,
                "nobody confirmed it",
                "another person reads it again: motjuste review --second-reader",
            )
        if d.second_reader and d.second_reader == d.reviewer:
            self._refuse(number, "its second reader is its reviewer", "another person has to confirm it")
        kept = {v.rule for v in d.verdicts if v.action not in CHANGING}
        for e in d.edits:
            for rule in sorted(self._faults(e.text) - kept):
                self._refuse(
                    number, f"a replacement holds a finding itself ({rule})", "review the note again"
                )
        where = place(d)
        if where not in self.columns:
            self.columns[where] = self._column(where)
        try:
            row_key(self.columns[where], d)
        except MotjusteError as exc:
            raise ConfigError(f"{self._name}:{number}: {exc.message}", hint=exc.hint) from exc

    def _count(self, found: Survey, d: Decision) -> None:
        summary = found.places.setdefault(place(d), Summary())
        summary.notes += 1
        summary.categories.update(
            self._categories.get(v.rule, v.rule) for v in d.verdicts if v.action in CHANGING
        )
        self.digests.setdefault(place(d), bytearray()).extend(bytes.fromhex(d.note_digest))
        found.reviewers |= {d.reviewer} - {""}
        found.second_readers |= {d.second_reader} - {""}

    def _known(self, chunk: list[Numbered]) -> None:
        changing = [(number, d) for number, d in chunk if d.edits]
        for i in sorted(self._unknown([d for _, d in changing])):
            self._refuse(
                changing[i][0],
                "no such finding in this database",
                "plan on the database that was reviewed; where the note was scanned again since, review it again",
            )

    def _refuse(self, number: int, what: str, hint: str) -> None:
        raise ConfigError(f"{self._name}:{number}: {what}", hint=hint)


def in_order(changing: Iterable[Decision], *, already: bool) -> Iterator[Decision]:
    """Decisions in the order of the migration; only those of a file out of order fill the memory."""
    yield from changing if already else sorted(changing, key=identity)
