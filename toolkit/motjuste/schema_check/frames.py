"""Where on its line a column stands, and that line to show: of statements of the schema only, the texts in it masked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from motjuste.officer.report import Problem
from motjuste.printable import name as printable
from motjuste.schema_check.cursor import KEPT
from motjuste.schema_check.lexer import Piece, Token, tokens

_WIDTH = 100  # characters of a line that are shown
_BEFORE = ("(", ",", "column", "add", "exists", "to", "as", "alter", "select")


@dataclass(frozen=True)
class _Line:
    """A line of a statement: its text, and where it begins in the statement and in the line of the file."""

    text: str
    begin: int
    offset: int


def of_columns(
    problems: Sequence[Problem],
    columns: Mapping[str, str],
    texts: Mapping[str, str],
    pieces: Mapping[str, Sequence[tuple[str, Piece]]],
) -> list[Problem]:
    """The problems, those about columns (label -> name) with the range of the column, where their line's statement names it.

    What variables change, a statement that is long, and what a block makes by EXECUTE have no range: what is shown
    would not be what stands there, or might be a text of somebody's.
    """
    files: dict[str, _File] = {}
    found = []
    for p in problems:
        if p.subject in columns and p.path in texts and p.path in pieces:
            if p.path not in files:
                own = [piece for name, piece in pieces[p.path] if name == p.path and piece.kind == "sql"]
                files[p.path] = _File(texts[p.path].split("\n"), own, [piece.last for piece in own])
            p = _framed(p, columns[p.subject], files[p.path])
        found.append(p)
    return found


@dataclass(frozen=True)
class _File:
    """The lines of a file, its statements in order, and the last line of each."""

    lines: Sequence[str]
    pieces: Sequence[Piece]
    lasts: Sequence[int]

    def at(self, line: int) -> Iterator[Piece]:
        """The statements of a line."""
        for i in range(bisect_left(self.lasts, line), len(self.pieces)):
            if self.pieces[i].line > line:
                return
            yield self.pieces[i]


def _framed(problem: Problem, column: str, file: _File) -> Problem:
    for piece in file.at(problem.line):
        line = _line(piece, problem.line, file.lines) if len(piece.text) <= KEPT else None
        found = tokens(piece.text) if line else []
        at = _named(found, column, line) if line else None
        shown = _shown(found, line) if line else None
        if line and at is not None and shown is not None:
            begin, end = found[at].at - line.begin, _end(found, at, line) - line.begin
            first, behind = line.offset + begin + 1, line.offset + end + 1
            return replace(problem, column=first, end_column=behind, frame=_frame(shown, begin, end))
    return problem


def _line(piece: Piece, number: int, of_file: Sequence[str]) -> _Line | None:
    """The line of this number, None where the file has another one there."""
    lines = piece.text.split("\n")
    index = number - piece.line
    if not (0 <= index < len(lines) and number <= len(of_file)):
        return None
    offset = of_file[number - 1].find(lines[index])
    return _Line(lines[index], sum(len(x) + 1 for x in lines[:index]), offset) if offset >= 0 else None


def _named(found: Sequence[Token], column: str, line: _Line) -> int | None:
    """The token that names the column on this line."""
    inside = range(line.begin, line.begin + len(line.text))
    for i, token in enumerate(found):
        if token.at in inside and token.is_name and token.value == column:
            first = i == 0 or found[i - 1].at not in inside
            if first or found[i - 1].value in _BEFORE:
                return i
    return None


def _end(found: Sequence[Token], at: int, line: _Line) -> int:
    """Where what is said of the column ends: before the next comma or the closing parenthesis, or with the line."""
    depth, end = 0, found[at].at + len(found[at].raw)
    for token in found[at + 1 :]:
        depth += (token.value in "([") - (token.value in ")]") if token.kind == "op" else 0
        if depth < 0 or (depth == 0 and token.value == "," and token.kind == "op"):
            break
        if token.at + len(token.raw) > line.begin + len(line.text):
            break
        end = token.at + len(token.raw)
    return end


def _shown(found: Sequence[Token], line: _Line) -> str | None:
    """The line without comments, a dot for each character of its texts; None where a text goes over its end."""
    shown = [" "] * len(line.text)
    for token in found:
        begin, end = token.at - line.begin, token.at - line.begin + len(token.raw)
        if end <= 0 or begin >= len(line.text):
            continue
        if begin < 0 or end > len(line.text) or "\n" in token.raw:
            return None
        shown[begin:end] = line.text[begin:end]
        if token.kind == "string":
            shown[begin + 1 : end - 1] = "." * (end - begin - 2)
    made = "".join(shown).rstrip()
    return made if printable(made) == made else None


def _frame(shown: str, begin: int, end: int) -> str:
    """The line and below it the mark, without its indentation; of a long one what is around the mark."""
    cut = len(shown) - len(shown.lstrip())
    if len(shown) - cut > _WIDTH:
        cut = max(cut, begin - 30)
    kept = shown[cut : max(cut + _WIDTH, end)]
    head = "... " if shown[:cut].strip() else ""
    tail = " ..." if len(shown) > cut + len(kept) else ""
    return f"{head}{kept}{tail}\n{' ' * (len(head) + begin - cut)}{'^' * (end - begin)}"
