"""What an expression sees: the entries of FROM with their columns, and the queries around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from motjuste.schema_check.catalogue import Column, TypeRef
from motjuste.schema_check.cursor import Cursor

_AFTER_QUERY = ("", "union", "intersect", "except", "order", "limit", "offset", "fetch", "for")


class Output(NamedTuple):
    """A column of a query's result: `source` is the table's column that it shows unchanged, `texts` those whose text is in it."""

    name: str
    type: TypeRef | None
    source: Column | None
    texts: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression is: `strength` says how much its name counts (0: none of its own)."""

    type: TypeRef | None
    name: str = "?column?"
    strength: int = 0
    source: Column | None = None
    expanded: tuple[Output, ...] | None = None
    texts: tuple[Column, ...] = ()


# the built-in types that keep a text readable
_READABLE = frozenset(["text", "varchar", "bpchar", "json", "jsonb", "xml", "unknown", "record"])
_MOST = 100  # columns that are kept of a text that is made of many


def texts(kind: TypeRef | None, values: Iterable[Value | Output]) -> tuple[Column, ...]:
    """The columns whose text is in a value of this type that is made of these; none where it cannot be read in it."""
    if not _is_readable(kind):
        return ()
    found: dict[Column, None] = {}
    for value in values:
        if value.source is not None and _is_readable(value.type):
            found[value.source] = None
        found |= dict.fromkeys(value.texts)
        if isinstance(value, Value) and value.expanded:
            found |= dict.fromkeys(texts(kind, value.expanded))
    return tuple(found)[:_MOST]


def _is_readable(kind: TypeRef | None) -> bool:
    return kind is not None and (kind.type.relation is not None or kind.root.type.name in _READABLE)


@dataclass
class Item:
    """One entry of FROM: its name and columns; `row` is the relation or function whose row it is."""

    alias: str
    columns: list[Output]
    row: TypeRef | None = None
    schema: str = ""
    known: bool = True
    scalar: bool = False

    def is_called(self, parts: Sequence[str]) -> bool:
        """Whether a name, with or without a schema, is of this entry."""
        return self.alias == parts[-1] and (len(parts) == 1 or self.schema in ("", parts[-2]))


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

    def outward(self) -> Iterator[Scope]:
        """This one, then those of the queries around it."""
        yield self
        if self.outer is not None:
            yield from self.outer.outward()

    def column(self, parts: tuple[str, ...]) -> Output | None:
        """The column of this name here, None where there is none."""
        *table, name = parts
        if not table:
            found = next((o for o in self.merged if o.name == name), None)
            return found or next((o for i in self.items for o in i.columns if o.name == name), None)
        return next((o for i in self.items if i.is_called(table) for o in i.columns if o.name == name), None)

    def cte(self, name: str) -> Item | None:
        """The WITH query of this name, here or around."""
        return next((scope.ctes[name] for scope in self.outward() if name in scope.ctes), None)


def is_query(c: Cursor) -> bool:
    """Whether a query stands here, in whatever parentheses."""
    if not c.sees("("):
        return c.peek() in ("select", "with", "table") or c.sees("values", "(")
    probe = c.tail()
    inside = probe.group()
    # `((select ...) union ...)` is one, `((select ...) as x join ...)` is none
    return is_query(inside) and probe.peek() in _AFTER_QUERY
