"""From the keys of the catalog to the plan of a search: which tables are about a person, and by which keys. Pure.

Keys are followed from the person's row to the rows that reference it, and on to those that reference these; never
upwards, which would lead to other persons' rows.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from motjuste.access.copies import copies
from motjuste.access.tables import Link, Table
from motjuste.errors import ConfigError

# Columns that say by whom a row was written, not about whom it is.
_AUTHOR = re.compile(
    r"(^|_)(par|by|creat|modif|user_mod|auteur|author|redacteur|operateur|agent|createur|creator|editor|owner|conseiller|gestionnaire|commercial)(_|$)",
    re.IGNORECASE,
)

# of these, who changed the row since
_LATER = re.compile(r"(^|_)(modif|mod|modified|updated|changed|maj|edited|valid|last|dernier)", re.IGNORECASE)

ASKED = "écartée à la demande"
AUTHOR = "dit par qui la ligne est écrite, et non de qui elle parle"
OTHERS = "mène aux lignes d’autres personnes"
CHOSEN = "une autre clé vers la même table a été choisie"


@dataclass(frozen=True)
class Choices:
    """What a person or the policy decided: keys to follow, keys or whole tables to leave, columns that name authors.

    Each is a (table, column) pair, or a (table, '') pair for a whole table.
    """

    follow: frozenset[tuple[str, str]] = frozenset()
    leave: frozenset[tuple[str, str]] = frozenset()
    authors: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Left:
    """A key that is not followed, with the reason."""

    link: Link
    why: str


@dataclass(frozen=True)
class Plan:
    """How to search: `distance` is the number of keys from a start to each table that holds notes or leads to some.

    `left` are the keys of what is reached that are not followed.
    """

    starts: tuple[str, ...]
    distance: dict[str, int]
    links: tuple[Link, ...]
    left: tuple[Left, ...] = field(default=())

    def into(self, table: str) -> list[Link]:
        """The keys by which rows of a table are found, the shortest way first."""
        found = [link for link in self.links if link.child == table]
        return sorted(found, key=lambda link: (self.rank(link), link))

    def out_of(self, table: str) -> list[Link]:
        """The keys that lead on from a table's rows."""
        return sorted(link for link in self.links if link.parent == table)

    def rank(self, link: Link) -> tuple[int, bool]:
        """The distance from the person to the parent of a key; keys within one table rank last."""
        return self.distance[link.parent], link.parent == link.child

    def nearer(self, link: Link) -> list[tuple[str, ...]]:
        """The columns of the child that lead to a person by a shorter way; if they name somebody, they decide.

        For example, a reply to the person's message that names another client belongs to that client.
        """
        return [
            other.columns
            for other in self.into(link.child)
            if self.rank(other) < self.rank(link) and not set(other.columns) <= set(link.columns)
        ]

    def path(self, table: str) -> tuple[Link, ...]:
        """The shortest way of keys from a table up to a start; empty for a start."""
        found: list[Link] = []
        while self.distance[table]:
            link = self.into(table)[0]
            found.append(link)
            table = link.parent
        return tuple(found)


def plan(
    tables: Mapping[str, Table],
    links: Iterable[Link],
    starts: Sequence[str],
    choices: Choices = Choices(),
) -> Plan:
    """The tables to search for what is about the rows of the tables `starts`, and the keys to find theirs by.

    Raises ConfigError if two keys lead from one table to another and nobody said which one to follow; it names every such pair.
    """
    left: list[Left] = []
    kept: list[Link] = []
    links = _distinct(links)
    for link in links:
        why = _why_left(link, starts, links, choices)
        if why:
            left.append(Left(link, why))
        else:
            kept.append(link)
    whole = kept + copies(tables, kept, starts)
    distance = _distances(whole, starts)
    useful = _useful(tables, whole, distance)
    ambiguous = []
    for (child, parent), group in _pairs(kept).items():
        if len(_different(group)) == 1 or child == parent or parent not in distance:
            continue
        chosen = [link for link in group if link.settled or _named(link, choices.follow)]
        if chosen:
            dropped = [link for link in group if link not in chosen]
            left += [Left(link, CHOSEN) for link in dropped]
            kept = [link for link in kept if link not in dropped]
        elif child in useful:
            ambiguous.append(group)
    if ambiguous:
        raise _ambiguous(ambiguous)
    whole = kept + copies(tables, kept, starts)
    distance = _distances(whole, starts)
    useful = _useful(tables, whole, distance) | set(starts)
    return Plan(
        tuple(starts),
        {name: far for name, far in distance.items() if name in useful},
        tuple(sorted(link for link in whole if link.child in useful and link.parent in distance)),
        tuple(x for x in left if x.link.parent in distance),
    )


def author_column(table: Table) -> str:
    """The column that says who wrote a row, by its name; '' where none does."""
    found = [c for c in table.columns if _AUTHOR.search(c) and (c, "") not in table.notes]
    return min(found, key=lambda c: bool(_LATER.search(c)), default="")


def _distinct(links: Iterable[Link]) -> list[Link]:
    """Each key once, even if it is declared several times; it is settled if one of its declarations is."""
    found: dict[Link, Link] = {}
    for link in links:
        known = found.get(link)
        found[link] = replace(known, settled=known.settled or link.settled) if known else link
    return list(found.values())


def _named(link: Link, names: frozenset[tuple[str, str]]) -> bool:
    return any((link.child, column) in names for column in link.columns)


def _why_left(link: Link, starts: Sequence[str], links: Sequence[Link], choices: Choices) -> str:
    """Why a key is not followed, '' where it may be."""
    if (link.child, "") in choices.leave or (link.parent, "") in choices.leave:
        return ASKED
    if _named(link, choices.leave):
        return ASKED
    if link.child in starts:
        # into the person's own table only from another table that was asked for, and not round and round
        back = any(other.child == link.parent and other.parent == link.child for other in links)
        first = link.parent in starts and starts.index(link.parent) < starts.index(link.child)
        if link.child == link.parent or link.parent not in starts or (back and not first):
            return OTHERS
    by = _named(link, choices.authors) or any(_AUTHOR.search(column) for column in link.columns)
    return AUTHOR if by and not (link.settled or _named(link, choices.follow)) else ""


def _distances(links: Iterable[Link], starts: Sequence[str]) -> dict[str, int]:
    """The tables that are reached with their distance from the starts, the nearest first."""
    children: dict[str, list[str]] = {}
    for link in sorted(links):
        children.setdefault(link.parent, []).append(link.child)
    found = dict.fromkeys(starts, 0)
    waiting = deque(starts)
    while waiting:
        table = waiting.popleft()
        for child in children.get(table, ()):
            if child not in found:
                found[child] = found[table] + 1
                waiting.append(child)
    return found


def _useful(tables: Mapping[str, Table], links: Sequence[Link], distance: Mapping[str, int]) -> set[str]:
    """The tables that are reached and hold notes, and those that lead to them or are their originals."""
    found = {name for name in distance if tables[name].holds_notes}
    grown = True
    while grown:
        more = {link.parent for link in links if link.child in found}
        more |= {link.copy_of for link in links if link.child in found and link.copy_of}
        grown = not more <= found
        found |= more
    return found


def _pairs(links: Iterable[Link]) -> dict[tuple[str, str], list[Link]]:
    found: dict[tuple[str, str], list[Link]] = {}
    for link in sorted(links):
        found.setdefault((link.child, link.parent), []).append(link)
    return found


def _different(group: Sequence[Link]) -> list[Link]:
    """Of keys from one table to another, those that may name different rows: not (client, branch) beside (client)."""
    return [x for x in group if not any(set(other.columns) < set(x.columns) for other in group)]


def _ambiguous(groups: Sequence[Sequence[Link]]) -> ConfigError:
    said, hints = [], []
    for group in groups:
        said.append(
            f"{group[0].child} has {len(group)} keys to {group[0].parent}: {', '.join(x.source for x in group)}"
        )
        own = [_own(link, group) for link in group]
        hints.append(f"--follow {own[0]}" + (f" or --leave {own[1]}" if len(own) == 2 else ""))
    return ConfigError(
        "which key says about whom a row is?\n" + "\n".join(said),
        hint="say it, for instance: " + "; ".join(hints) + "; or for good with [[link]] in motjuste.toml",
    )


def _own(link: Link, group: Sequence[Link]) -> str:
    """The name of a key by a column that the others of its group have not."""
    others = {column for other in group if other != link for column in other.columns}
    column = next((c for c in link.columns if c not in others), link.columns[0])
    return f"{link.child}.{column}"


def untied(
    tables: Mapping[str, Table], found: Plan, leave: frozenset[tuple[str, str]] = frozenset()
) -> list[str]:
    """The tables with notes that no followed key ties to the person, in order of name."""
    return sorted(
        name
        for name, table in tables.items()
        if table.notes and name not in found.distance and (name, "") not in leave
    )
