"""Comments that switch a rule off where they stand: `-- motjuste-ignore rule: reason`, and -ignore-file for a whole file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from motjuste.officer.report import Problem
from motjuste.schema_check.catalogue import Place
from motjuste.schema_check.lexer import Piece

_IGNORE = re.compile(
    r"--[ \t]*motjuste-ignore(?P<file>-file)?[ \t]+(?P<rule>[\w-]+)[ \t]*(?::[ \t]*(?P<reason>[^\n]*))?"
)

# what somebody wrote in the manner of another linter
_MEANT = re.compile(r"(?:--|/\*)[ \t]*motjuste[-_: \t]+(?:ignore|disable|noqa|skip|off|exempt)\b", re.I)


@dataclass(frozen=True)
class Ignore:
    """A rule switched off from line `first` to line `last` of a file, and why."""

    rule: str
    reason: str
    place: Place
    first: int
    last: int

    def takes(self, problem: Problem) -> bool:
        """Whether it switches this problem off."""
        end = max(problem.last, problem.line)
        return (
            bool(self.reason)
            and problem.rule == self.rule
            and problem.path == self.place.file
            and self.first <= end
            and problem.line <= self.last
        )


def find(file: str, text: str, pieces: Sequence[Piece]) -> list[Ignore]:
    """The ignore comments of a file: each is about its own line and the next one that holds SQL.

    Before a statement it is about the whole of it.
    """
    if "motjuste" not in text:
        return []
    lines = text.split("\n")
    found = []
    for m in _IGNORE.finditer(text):
        line = text.count("\n", 0, m.start()) + 1
        reason = (m["reason"] or "").strip()
        if m["file"]:
            first, last = 1, len(lines)
        else:
            first = last = line
            if not lines[line - 1].split("--")[0].strip():
                after = (n for n in range(line + 1, len(lines) + 1) if lines[n - 1].split("--")[0].strip())
                last = next(after, line)
            whole = next((p for p in pieces if p.line == last and last > line), None)
            last = max(last, whole.last) if whole else last
        found.append(Ignore(m["rule"], reason, Place(file, line), first, last))
    for m in _MEANT.finditer(text):
        if not _IGNORE.match(text, m.start()):
            line = text.count("\n", 0, m.start()) + 1
            found.append(Ignore("", "", Place(file, line), line, line))
    return found
