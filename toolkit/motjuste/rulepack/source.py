"""One TOML file of a pack, before what it means is known: its tables, their lines, what is wrong with their shape."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from motjuste.files.lines import Path, line_of, lines
from motjuste.rulepack import shape

Problem = tuple[str, int, str]  # file, line, what
_ID = re.compile(shape.IDS)


def named(written: str) -> set[str]:
    """The lists that are named in what is written: @proche, <0-3!proche>."""
    return set(re.findall(r"(?:@|<\d-\d!)([a-z0-9_]+)", written))


class Source:
    """One TOML file of a pack, read when it is needed: its content, and where that has not the shape of such a file."""

    def __init__(self, name: str, text: str, form: Any, problems: list[Problem]) -> None:
        self.name = name
        self._text = text
        self._form = form
        self.problems = problems

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the file says; nothing where it is no TOML, which is noted as a problem."""
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as exc:
            at = re.search(r"at line (\d+)", str(exc))
            line = int(at[1]) if at else self._text.count("\n") + 1
            self.problems.append((self.name, line, f"not TOML: {exc}"))
        except (RecursionError, ValueError):  # lists in lists without end, a number of thousands of digits
            self.problems.append((self.name, 1, "no rules are written so: look at who wrote the file"))
        return {}

    @cached_property
    def faults(self) -> list[tuple[Path, str]]:
        """Where the content has not the shape of such a file, and why."""
        return list(shape.faults(self.content, self._form, self.name))

    def check(self) -> None:
        """Note as problems all that has not the shape of such a file, but what is in a rule or an extension (see `tables`)."""
        for path, what in self.faults:
            if not (path[:1] in (("rule",), ("extend",)) and len(path) > 1):
                self.add(path, "", what)

    @cached_property
    def named(self) -> set[str]:
        """The lists that its text names."""
        return named(self._text)

    @cached_property
    def _places(self) -> dict[Path, int]:
        return lines(self._text)

    def line(self, path: Path) -> int:
        """The line where the value at this path begins, or the table around it."""
        return line_of(self._places, path)

    def add(self, path: Path, rule: str, what: str) -> None:
        """Note a problem, told as `file:line: rule: what`."""
        self.problems.append((self.name, self.line(path), f"{rule}: {what}" if rule else what))

    def well_formed(self, *path: str | int) -> bool:
        """Whether the value at this path has its shape."""
        return all(p[: len(path)] != path for p, _ in self.faults)

    def tables(self, name: str, label: str) -> Iterator[tuple[Path, str, dict[str, Any]]]:
        """(path of its line, name in messages, table) of each [[name]] that has its shape; problems of the others."""
        found = self.content.get(name, [])
        for n, raw in enumerate(found if isinstance(found, list) else []):
            what = [text for path, text in self.faults if path[:2] == (name, n)]
            path: Path = (name, n, label)
            shown = raw.get(label) if isinstance(raw, dict) else None
            shown = shown if isinstance(shown, str) else ""
            if name == "rule" and isinstance(raw, dict) and not _ID.fullmatch(shown):
                what = ["the id is lower-case words with hyphens"]
            for text in what:
                self.add(path, shown or f"(no {label})", text)
            if not what:
                yield path, shown, raw
