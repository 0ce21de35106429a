"""A rule before it is read: where it stands, its table, and what it was before."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from motjuste.files.lines import Path
from motjuste.model import Category, Rule
from motjuste.rulepack.rule import Table, extended
from motjuste.rulepack.source import Source, named


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

    def same(self, changed: Set[str]) -> Rule | None:
        """The rule as it was before, where no extension adds to it and it names no list that has changed; else None."""
        if self.known is None or "raw" in vars(self):
            return None
        if changed.isdisjoint(self.file.named) or changed.isdisjoint(named(str(self.table))):
            return self.known
        return None
