"""How much a check may cost: what is reviewed may be hostile, and must neither hang the review nor end it in a traceback.

Steps, sizes and depth are counted, so that the same files end the same way on every machine; the processor time of
one file (cli/check_guard.py) is the last resort.
"""

from __future__ import annotations

import re

from motjuste.errors import MotjusteError
from motjuste.printable import name as printable

STEPS = 1_000_000  # for one file: statements, rounds of loops, parts of expressions, rows of queries
TEXT = 1_000_000  # characters of a text that a block or function builds
LIST = 100_000  # elements of an array
DEPTH = 100  # parentheses, blocks, CASE and subqueries inside each other
STATEMENT = 4_000_000  # characters of a statement that is more than data
REGEX = 1_000_000  # ways in which a regular expression of a block may be tried on a text
VARIABLE = 100_000  # characters of a psql variable
COLUMNS = 1_600  # of a table: PostgreSQL refuses more
SELECTED = 1_664  # of a query, likewise

FILE = 64 * 2**20  # bytes of one file
FILES = 20_000  # files of one check
ALL = 512 * 2**20  # bytes of all
FOLDERS = 32  # folders inside each other
FOLLOWED = 5_000  # \i and \ir followed
INCLUDED = 32  # files that include each other in a row
SECONDS = 30  # processor time for one file


class OverBudget(MotjusteError):
    """A file asks for more than a check may cost: it names the file and the line."""

    def __init__(self, file: str, line: int, what: str) -> None:
        place = f"{printable(file)}:{line}" if line else printable(file)
        super().__init__(
            f"{place}: not checked: {what}",
            hint="a migration needs no such thing: look at it; give what is no migration to another command",
        )


# -- regular expressions ------------------------------------------------------------------------------

_UNLIKE = re.compile(r"\\[^dswDSW\W_]|\[\[|\(\?|\\\d")  # not the same in Python, or not followed
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\()|*+?{]", re.DOTALL)
_TIMES = re.compile(r"[*+?]|\{(\d+)(?:(,)(\d*))?\}")


class _Ways:
    """Counts in how many ways a pattern can be tried from one place of a text of `size` characters; -1: too many to say."""

    def __init__(self, pattern: str, size: int) -> None:
        self.pattern, self.size, self.at = pattern, size, 0

    def either(self, deep: int = 0) -> int:
        found = self.row(deep)
        while self.pattern.startswith("|", self.at):
            self.at += 1
            found += self.row(deep)
        return found

    def row(self, deep: int) -> int:
        found = 1
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            if self.pattern[self.at] == "(":
                if deep >= DEPTH:
                    raise ValueError
                self.at += 1
                one = self.either(deep + 1)
                if not self.pattern.startswith(")", self.at):
                    raise ValueError
                self.at += 1
                group = True
            else:
                m = _ATOM.match(self.pattern, self.at)
                if m is None:
                    raise ValueError
                self.at = m.end()
                one, group = 1, False
            found *= self.times(one, group=group)
            if found > REGEX:
                raise ValueError
        return found

    def times(self, one: int, *, group: bool) -> int:
        m = _TIMES.match(self.pattern, self.at)
        if m is None:
            return one
        self.at = m.end()
        if self.pattern[self.at : self.at + 1] in ("*", "+", "?", "{"):
            raise ValueError  # lazy, possessive, or a repetition of a repetition
        if m[0] == "?":
            return one + 1
        least = int(m[1]) if m[1] else 0
        most = self.size if m[0] in "*+" or (m[2] and not m[3]) else int(m[3] or m[1])
        if group and (one > 1 or most > 100):
            raise ValueError  # a repeated group of which there is more than one way
        if most > max(self.size, 1) + 1 or least > 1000:
            raise ValueError
        return max(min(most, self.size) - least, 0) + 1


def bounded(pattern: str, size: int) -> bool:
    """Whether a regular expression means the same to Python as to PostgreSQL, and ends soon on a text of this size."""
    if _UNLIKE.search(pattern) or len(pattern) > 2000:
        return False
    ways = _Ways(pattern, size)
    try:
        found = ways.either()
    except ValueError:
        return False
    return ways.at == len(pattern) and found * (size + 1) * (len(pattern) + 1) <= REGEX * 20
