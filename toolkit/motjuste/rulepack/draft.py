"""A rule before it is compiled: where it stands, its table, and what is kept of it where it was compiled before."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from motjuste.files.lines import Path
from motjuste.model import Category, Rule
from motjuste.rulepack.rule import Table, extended
from motjuste.rulepack.source import Source, named

PARTS = ("terms", "unless", "needs")


def _said(raw: Table, part: str) -> Any:
    """What a table says of a part of its rule; of the terms also what makes the gate open less often for them."""
    if part == "terms":
        return raw.get("match"), raw.get("needs"), raw.get("unless", {}).get("phrase")
    return raw.get(part)


@dataclass(eq=False)
class Draft:
    """A rule of a file, read when it is needed. `known` is the rule as it was compiled before, None for a new one."""

    file: Source
    path: Path
    category: Category
    known: Rule | None

    @cached_property
    def table(self) -> dict[str, Any]:
        """What its file says of it, with what the file says of all rules of its category."""
        shared = self.file.content.get("category", {}) if self.file.well_formed("category") else {}
        return extended(self.file.content["rule"][self.path[1]], {"unless": shared.get("unless", {})})

    @cached_property
    def raw(self) -> dict[str, Any]:
        """Its table with what extensions add to it."""
        return self.table

    @property
    def line(self) -> int:
        """The line of its id."""
        return self.known.line if self.known else self.file.line(self.path)

    def extend(self, raw: Table) -> None:
        """Add what an extension says."""
        self.raw = extended(self.raw, raw)

    def kept(self, changed: Set[str]) -> dict[str, Any]:
        """The compiled parts that are as they were: no extension adds to them, and they name no list that has changed."""
        if self.known is None:
            return {}
        same = [
            part
            for part in PARTS
            if _said(self.raw, part) == _said(self.table, part)
            and changed.isdisjoint(named(str(_said(self.raw, part))))
        ]
        return {part: getattr(self.known, part) for part in same}

    def whole(self, changed: Set[str]) -> Rule | None:
        """The compiled rule, where it is sure without a look at its table that it is as it was."""
        return self.known if "raw" not in vars(self) and changed.isdisjoint(self.file.named) else None
