"""PostgreSQL's own lexical rules: the text of a file cut into statements, a statement into tokens. Exact, and no more.

What psql does with a file is part of it: backslash commands, and the data that follows COPY ... FROM stdin.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from motjuste.schema_check.budget import DEPTH

NAMES = ("word", "quoted")  # kinds of tokens that may be names
NAME_BYTES = 63  # NAMEDATALEN - 1: the server cuts longer names

_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DOLLAR = r"(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"
_SCAN = re.compile(
    r"--[^\n\r]*"
    r"|(?P<block>/\*)"
    r"|(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'"
    r"|'[^']*'"  # a doubled quote reads as two strings: the same end
    r'|"[^"]*"'
    r"|" + _DOLLAR + r"|(?P<open>'|\"|(?<![\w$])\$(?:[^\W\d]\w*)?\$)"
    r"|(?P<special>[;()\[\]\\])",
    re.DOTALL,
)
_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n\r]*)"
    r"|(?P<block>/\*)"
    r"|(?P<escape>[eE]'(?:[^'\\]|\\.|'')*')"
    r"|(?P<unicode>[uU]&(?:'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"))"
    r"|(?P<bits>[bBxX]'[^']*')"
    r"|(?P<string>[nN]?'(?:[^']|'')*')"
    r'|(?P<quoted>"(?:[^"]|"")*")'
    r"|(?P<dollar>" + _DOLLAR + r")"
    r"|(?P<param>\$\d+|\$\{[^}\n]*\}|:'[^'\n]*'|:\"[^\"\n]*\"|(?<![:\w]):[A-Za-z_]\w*)"
    r"|(?P<number>0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[^\W\d][\w$]*)"
    r"|(?P<op>::|:=|=>|\.\.|(?:(?!--|/\*)[-+*/<>=~!@#%^&|`?])+|.)",
    re.DOTALL,
)
_COPY_HERE = re.compile(r"\\copy\s.*\bfrom\s+stdin\b", re.IGNORECASE)  # psql's pstdin is read elsewhere
_FROM_STDIN = re.compile(r"\s*copy\b.*\bfrom\s+(?:stdin|pstdin)\b", re.IGNORECASE | re.DOTALL)
_ROUTINE = re.compile(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_LEADING = re.compile(r"\s+|--[^\n\r]*", re.DOTALL)
_SENDS = re.compile(r"\\g(?:x|set|exec|desc)?\b")
_SPECIAL = frozenset("~!@#%^&|`?")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Token(NamedTuple):
    """One token: `kind` is word, quoted, string, number, param, bits or op; `value` is what the server reads."""

    kind: str
    value: str
    at: int
    raw: str

    @property
    def is_name(self) -> bool:
        """Whether it may be a name."""
        return self.kind in NAMES


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement, a psql command (`kind` meta) or what could not be read (`kind` bad, deep), with its first and last line."""

    kind: str
    text: str
    line: int
    last: int
    sent_by: str = ""  # the psql command that ended it in place of a semicolon: \gexec, \gset


def downcase(text: str) -> str:
    """The name as the server folds it: ASCII letters only."""
    return text.translate(_UPPER)


def clip(name: str) -> str:
    """The name cut to what the server keeps, never inside a character."""
    raw = name.encode("utf-8", "surrogatepass")
    return name if len(raw) <= NAME_BYTES else raw[:NAME_BYTES].decode("utf-8", "ignore")


@lru_cache(maxsize=10_000)
def _folded(name: str) -> str:
    """The unquoted name as the server keeps it; the same few thousand names make up most of a history."""
    return clip(downcase(name))


class Lines:
    """Which line a position of a text is on."""

    def __init__(self, text: str, first: int = 1) -> None:
        self.first = first
        self.breaks = [m.start() for m in re.finditer("\n", text)]

    def at(self, position: int) -> int:
        """The line, counted from `first`."""
        return self.first + bisect_right(self.breaks, position - 1)


def _past_block(text: str, at: int) -> int:
    """The end of the comment that opens at `at`; comments nest. -1 where it never ends."""
    depth = 0
    for m in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if m[0] == "/*" else -1
        if depth == 0:
            return m.end()
    return -1


def split(text: str, first: int = 1) -> Iterator[Piece]:
    """The statements and psql commands of a file, in order; `first` is the number of its first line."""
    yield from _Splitter(text, first).run()


class _Splitter:
    def __init__(self, text: str, first: int) -> None:
        self.text = text
        self.lines = Lines(text, first)
        self.start = 0  # where the statement at hand begins
        # of the routine at hand: where it begins, how far it was read, its last word, the depth of its BEGIN ATOMIC
        self.routine = (-1, 0, "", 0)

    def run(self) -> Iterator[Piece]:
        text, at, depth = self.text, 0, 0
        brackets, begun = 0, 0
        while True:
            m = _SCAN.search(text, at)
            if m is None:
                if depth > 0 and ";" in text[self.start :]:
                    # a parenthesis that never closes must not hide what follows
                    yield from self.without_parentheses()
                else:
                    yield from self.piece(len(text))
                return
            at = m.end()
            if m["block"]:
                at = _past_block(text, m.start())
                if at < 0:
                    yield from self.unended("a comment", m.start())
                    return
            elif m["open"]:
                yield from self.unended("a quotation", m.start())
                return
            elif m["special"] in ("[", "]"):
                brackets = 0 if begun != self.start else brackets
                begun = self.start
                brackets += 1 if m["special"] == "[" else -1
                if brackets > DEPTH:
                    yield self.deep("brackets", m.start())
                    return
            elif m["special"] == "(":
                depth += 1
                if depth > DEPTH:
                    yield self.deep("parentheses", m.start())
                    return
            elif m["special"] == ")":
                depth -= 1
            elif m["special"] == "\\":
                end = text.find("\n", m.start())
                end = len(text) if end < 0 else end
                command = text[m.start() : end].rstrip()
                if _SENDS.match(command):
                    yield from self.piece(m.start(), command)
                else:
                    yield from self.piece(m.start())
                    line = self.lines.at(m.start())
                    yield Piece("meta", command, line, line)
                at = self.start = self.past_data(end) if _COPY_HERE.match(command) else end
                depth = 0
            elif m["special"] == ";" and depth <= 0:
                if self.inside_routine(m.start()):
                    continue
                head = text[self.start : m.start()]
                yield from self.piece(m.start())
                depth = 0
                at = self.past_data(at) if _FROM_STDIN.match(head, _skip(head)) else at
                self.start = at

    def deep(self, what: str, at: int) -> Piece:
        line = self.lines.at(at)
        return Piece("deep", f"more than {DEPTH} {what} inside each other", line, line)

    def inside_routine(self, end: int) -> bool:
        """Whether the semicolon at `end` belongs to a BEGIN ATOMIC ... END body."""
        start, at, last, deep = self.routine
        if start != self.start:
            head = self.text[self.start : end]
            routine = _ROUTINE.match(head, _skip(head))
            start, at, last, deep = self.start, self.start, "", 0 if routine else -1
        if deep >= 0:
            # from one semicolon to the next: a body is not read again at each of its own
            for t in tokens(self.text[at:end]):
                if t.kind == "word":
                    if deep:
                        deep += (t.value == "case") - (t.value == "end")
                    elif t.value == "atomic" and last == "begin":
                        deep = 1
                    last = t.value
        self.routine = (start, end, last, deep if deep else -1)
        return deep > 0

    def past_data(self, at: int) -> int:
        """Where the data of a COPY ends: after the line `\\.`, or at the end of the file."""
        line = self.text.find("\n", at)
        end = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE).search(self.text, line + 1) if line >= 0 else None
        return end.end() if end else len(self.text)

    def piece(self, end: int, sent_by: str = "") -> Iterator[Piece]:
        body = self.text[self.start : end]
        lead = _skip(body)
        if lead < len(body.rstrip()):
            begin = self.start + lead
            shown = self.text[begin:end].rstrip()
            yield Piece("sql", shown, self.lines.at(begin), self.lines.at(begin + len(shown) - 1), sent_by)

    def unended(self, what: str, at: int) -> Iterator[Piece]:
        line = self.lines.at(at)
        yield Piece("bad", f"{what} that opens here never ends", line, self.lines.at(len(self.text)))

    def without_parentheses(self) -> Iterator[Piece]:
        """The rest of the file, cut at each semicolon: the first piece is the one whose parenthesis stays open."""
        rest = self.text[self.start :]
        at = 0
        line = self.lines.at(self.start)
        for m in _SCAN.finditer(rest):
            if m["special"] == ";":
                yield from _Splitter(rest[at : m.start()], line).piece(m.start() - at)
                line += rest.count("\n", at, m.end())
                at = m.end()
        yield from _Splitter(rest[at:], line).piece(len(rest) - at)


def _skip(text: str) -> int:
    """Where the first token of a text begins: past blanks and comments."""
    at = 0
    while True:
        if m := _LEADING.match(text, at):
            at = m.end()
        elif text.startswith("/*", at):
            end = _past_block(text, at)
            at = len(text) if end < 0 else end
        else:
            return at


def tokens(text: str) -> list[Token]:
    """The tokens of a statement: names folded and cut, quotes and escapes taken off, comments left out."""
    found: list[Token] = []
    at, size, broke = 0, len(text), False
    made, add = tuple.__new__, found.append  # the call of a named tuple's own costs as much as the match
    while at < size:
        m = _TOKEN.match(text, at)
        if m is None:  # cannot be: the last alternative takes any character
            break
        kind, raw = m.lastgroup or "op", m[0]
        start, at = at, at + len(raw)
        if text[at : at + 1] == " ":
            at += 1  # one blank more often than not: no expression for it
        if kind == "word":
            add(made(Token, ("word", _folded(raw), start, raw)))
        elif kind == "op" and len(raw) == 1:
            add(made(Token, ("op", raw, start, raw)))
        elif kind == "tag" or (raw[:1] == "$" and m["dollar"]):
            found.append(Token("string", raw[len(m["tag"]) + 2 : -len(m["tag"]) - 2], start, raw))
        elif kind == "space":
            broke = broke or "\n" in raw
            continue
        elif kind == "block":
            end = _past_block(text, start)
            at = size if end < 0 else end
            continue
        elif kind == "quoted":
            found.append(Token("quoted", clip(raw[1:-1].replace('""', '"')), start, raw))
        elif kind in ("string", "escape"):
            value = _unquoted(raw)
            # the standard joins 'a' <line break> 'b'
            if broke and found and found[-1].kind == "string" and kind == "string" and raw[0] == "'":
                last = found.pop()
                found.append(Token("string", last.value + value, last.at, last.raw + "\n" + raw))
            else:
                found.append(Token("string", value, start, raw))
        elif kind == "unicode":
            value = re.sub(r"\\(?:\+([\da-fA-F]{6})|([\da-fA-F]{4})|(\\))", _code_point, raw[3:-1])
            quote = raw[2]
            value = value.replace(quote * 2, quote)
            found.append(Token("quoted" if quote == '"' else "string", value, start, raw))
        else:
            if kind == "op" and len(raw) > 1 and raw[-1] in "+-" and not _SPECIAL & set(raw):
                raw = raw.rstrip("+-") or raw[0]  # `=-` is two operators, `@-` is one
                at = start + len(raw)
            found.append(Token(kind, raw, start, raw))
        broke = False
    return found


def _code_point(m: re.Match[str]) -> str:
    code = m[1] or m[2]
    return "\\" if code is None else chr(min(int(code, 16), 0x10FFFF))


def _unquoted(raw: str) -> str:
    if raw[0] in "nN":
        raw = raw[1:]
    if raw[0] == "'":
        return raw[1:-1].replace("''", "'")
    return re.sub(
        r"\\(x[\da-fA-F]{1,2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|.)|''",
        _escaped,
        raw[2:-1],
        flags=re.DOTALL,
    )


def _escaped(m: re.Match[str]) -> str:
    code = m[1]
    if code is None:
        return "'"
    if code[0] in "xuU" and len(code) > 1:
        return chr(min(int(code[1:], 16), 0x10FFFF))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _ESCAPES.get(code, code)
