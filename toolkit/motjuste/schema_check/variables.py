"""psql's variables and conditions: what \\set gives, where :name stands, and which branch of \\if runs.

And the placeholders of other tools, which replace them wherever they stand: ${name} of Flyway, {{ name }} and {{ .Name }} of templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from motjuste.schema_check.budget import STATEMENT, VARIABLE
from motjuste.schema_check.lexer import Piece

# what quotes and comments hold is skipped, as psql does
_USED = re.compile(
    r"--[^\n\r]*|/\*.*?\*/|'(?:[^']|'')*'|(?<!:)\"(?:[^\"]|\"\")*\"|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"
    r"|(?<![:\w]):(?:(?P<plain>\w+)|'(?P<literal>\w+)'|\"(?P<name>\w+)\"|\{\?(?P<asked>\w+)\})",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\$\{(?P<braces>[\w.:-]+)\}|\{\{-?[ \t]*\.?(?P<template>[\w.-]+?)[ \t]*-?\}\}")
_WORD = re.compile(r"'((?:[^'\\]|\\.|'')*)'|\"((?:[^\"]|\"\")*)\"|(\S+)")
_TRUE, _FALSE = ("true", "t", "on", "yes", "y", "1"), ("false", "f", "off", "no", "n", "0")


class TooLarge(Exception):
    """What variables or includes make is larger than a check allows."""


@dataclass
class Variables:
    """The state of psql while it reads a file. `branches`: for each open \\if whether it runs, and whether one has run."""

    values: dict[str, str] = field(default_factory=dict)
    branches: list[tuple[bool, bool | None]] = field(default_factory=list)
    included: int = 0  # files that this one included, and those

    @property
    def runs(self) -> bool:
        """Whether what stands here is run."""
        return all(runs for runs, _ in self.branches)

    def filled(self, text: str) -> str:
        """A text with the values of the variables that are set; others stay."""
        return _replaced(_USED, self._value, text) if ":" in text else text

    def placed(self, text: str) -> str:
        """The text of a file with the values of placeholders, in quotes and comments too; those without a value stay."""
        if not self.values or not ("${" in text or "{{" in text):
            return text
        return _replaced(_PLACEHOLDER, lambda m: self.values.get(m["braces"] or m["template"], m[0]), text)

    def _value(self, m: re.Match[str]) -> str:
        if m["asked"]:
            return "TRUE" if m["asked"] in self.values else "FALSE"
        name = m["plain"] or m["literal"] or m["name"]
        value = self.values.get(name) if name else None
        if value is None:
            return m[0]
        if m["literal"]:
            return "'" + value.replace("'", "''") + "'"
        return '"' + value.replace('"', '""') + '"' if m["name"] else value

    def seen(self, piece: Piece) -> Piece | None:
        """The piece as it runs, None where it does not or is done with here."""
        if piece.kind != "meta":
            if not self.runs:
                return None
            text = self.filled(piece.text) if self.values and piece.kind == "sql" else piece.text
            return piece if text == piece.text else replace(piece, text=text)
        command, _, rest = piece.text.partition(" ")
        if command in ("\\if", "\\elif", "\\else", "\\endif"):
            return piece if self._branch(command, rest) is None else None
        if not self.runs:
            return None
        if command == "\\set":
            words = [_unquoted(m, self) for m in _WORD.finditer(rest)]
            if words:
                made = "".join(words[1:])
                if len(made) > VARIABLE or len(self.values) > VARIABLE:
                    raise TooLarge(f"a psql variable of more than {VARIABLE:,} characters")
                self.values[words[0]] = made
        elif command == "\\unset":
            self.values.pop(rest.strip(), None)
        return replace(piece, text=self.filled(piece.text))

    def _branch(self, command: str, rest: str) -> bool | None:
        """Take one command of a condition; None where it cannot be told, and all its branches are taken as run."""
        if command == "\\endif":
            known = self.branches.pop()[1] if self.branches else None
            return True if known is not None else None
        if command == "\\if":
            answer = self._holds(rest)
            self.branches.append((answer is not False, answer))
            return answer
        if not self.branches or self.branches[-1][1] is None:
            return None
        _, ran = self.branches.pop()
        answer = not ran and (command == "\\else" or self._holds(rest) is not False)
        self.branches.append((answer, ran or answer))
        return answer

    def _holds(self, rest: str) -> bool | None:
        word = self.filled(rest).strip().strip("'").lower()
        return True if word in _TRUE else False if word in _FALSE else None


def _replaced(pattern: re.Pattern[str], value: Callable[[re.Match[str]], str], text: str) -> str:
    """The text with the values of what the pattern finds. Raises TooLarge."""
    left = STATEMENT

    def bounded(m: re.Match[str]) -> str:
        nonlocal left
        found = value(m)
        left -= max(0, len(found) - len(m[0]))
        if left < 0:
            raise TooLarge(f"its variables make a text of more than {STATEMENT:,} characters")
        return found

    return pattern.sub(bounded, text)


def without_value(text: str) -> dict[str, str]:
    """Name -> how it is written, of the variables and placeholders that a statement still holds."""
    used = {m["plain"] or m["literal"] or m["name"]: m[0] for m in _USED.finditer(text)}
    used |= {m["braces"] or m["template"]: m[0] for m in _PLACEHOLDER.finditer(text)}
    return {name: written for name, written in used.items() if name and not name.isdigit()}


def _unquoted(m: re.Match[str], variables: Variables) -> str:
    if m[1] is not None:
        return m[1].replace("''", "'")
    return m[2] if m[2] is not None else variables.filled(m[3])
