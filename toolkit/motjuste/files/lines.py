"""On which line of a TOML text each table and value begins: tomllib gives values, an author needs the place."""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|\n|[\[\]{},=]|[^\s\"'\#\[\]{},=]+|[ \t\r]+|.",
    re.S,
)


def lines(text: str) -> dict[Path, int]:
    """Path of each table and value of a valid TOML text -> its line, from 1: ("rule", 0, "id") -> 12."""
    return _Reader(text).read()


def line_of(places: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest table around it that has one; 1 for the whole file."""
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return 1


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for m in _TOKEN.finditer(text):
        token = m[0]
        if token[0] not in "# \t\r":
            yield token, line
        line += token.count("\n")


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.found: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # array of tables -> the index of its last one

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, int]:
        self.at += 1
        return self.tokens[self.at - 1]

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while found := self.peek():
            if found == "\n":
                self.take()
            elif found == "[":
                table = self.header()
            else:
                self.pair(table)
        return self.found

    def header(self) -> Path:
        line = self.take()[1]
        several = self.peek() == "["
        if several:
            self.take()
        keys = self.key("]")
        while self.peek() == "]":
            self.take()
        path: Path = ()
        for depth, key in enumerate(keys, 1):
            path += (key,)
            self.found.setdefault(path, line)
            if path in self.last and not (several and depth == len(keys)):
                path += (self.last[path],)
        if several:
            self.last[path] = self.last.get(path, -1) + 1
            path += (self.last[path],)
        self.found[path] = line
        return path

    def key(self, end: str) -> tuple[str, ...]:
        parts: list[str] = []
        while self.peek() not in (end, "", "\n"):
            token = self.take()[0]
            parts += [token[1:-1]] if token[0] in "\"'" else [p for p in token.split(".") if p]
        return tuple(parts)

    def pair(self, table: Path) -> None:
        line = self.tokens[self.at][1]
        keys = self.key("=")
        if self.peek() == "=":
            self.take()
        for depth in range(1, len(keys)):
            self.found.setdefault(table + keys[:depth], line)
        self.value(table + keys, line)

    def value(self, path: Path, line: int) -> None:
        self.found[path] = line
        opening = self.peek()
        if opening == "[":
            self.take()
            count = 0
            while (token := self.peek()) not in ("]", ""):
                if token in (",", "\n"):
                    self.take()
                    continue
                self.value((*path, count), self.tokens[self.at][1])
                count += 1
            self.at += 1
        elif opening == "{":
            self.take()
            while (token := self.peek()) not in ("}", ""):
                if token in (",", "\n"):
                    self.take()
                else:
                    self.pair(path)
            self.at += 1
        else:
            while self.peek() not in ("\n", ",", "]", "}", ""):
                self.take()
