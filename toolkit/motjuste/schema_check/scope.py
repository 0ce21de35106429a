"""What an expression sees: the entries of FROM with their columns, and the queries around."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from motjuste.schema_check.catalogue import Column, Relation, TypeRef
from motjuste.schema_check.cursor import Cursor

_AFTER_QUERY = ("", "union", "intersect", "except", "order", "limit", "offset", "fetch", "for")


class Output(NamedTuple):
    """A column of a query's result: `source` is the table's column that it shows unchanged."""

    name: str
    type: TypeRef | None
    source: Column | None


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression is: `strength` says how much its name counts (0: none of its own)."""

    type: TypeRef | None
    name: str = "?column?"
    strength: int = 0
    source: Column | None = None
    expanded: tuple[Output, ...] | None = None


@dataclass
class Item:
    """One entry of FROM: its name and columns; `row` is the relation or function whose row it is."""

    alias: str
    columns: list[Output]
    row: TypeRef | None = None
    schema: str = ""
    known: bool = True
    scalar: bool = False


@dataclass
class Scope:
    """The entries of FROM that an expression sees, then those of the queries around it.

    `merged` are the columns of USING, `star` what * gives.
    """

    items: list[Item] = field(default_factory=list)
    merged: list[Output] = field(default_factory=list)
    star: list[Output] = field(default_factory=list)
    outer: Scope | None = None
    ctes: dict[str, Item] = field(default_factory=dict)

    def cte(self, name: str) -> Item | None:
        """The WITH query of this name, here or around."""
        return self.ctes.get(name) or (self.outer.cte(name) if self.outer else None)


def is_query(c: Cursor) -> bool:
    """Whether a query stands here, in whatever parentheses."""
    if not c.sees("("):
        return c.peek() in ("select", "with", "values", "table")
    probe = Cursor(c.tokens, c.text)
    probe.i = c.i
    inside = probe.group()
    # `((select ...) union ...)` is one, `((select ...) as x join ...)` is none
    return is_query(inside) and probe.peek() in _AFTER_QUERY


def parenthesized_query(c: Cursor) -> bool:
    """Whether the parenthesis that comes next holds a query, whatever follows it."""
    probe = Cursor(c.tokens, c.text)
    probe.i = c.i
    return is_query(probe.group())


def row_of(relation: Relation) -> TypeRef | None:
    """The row type of a relation."""
    return TypeRef(relation.row_type) if relation.row_type else None
