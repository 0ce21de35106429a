"""History and archive tables: copies of a table under another name, tied to a person by the same columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from motjuste.access.tables import Link, Table, family
from motjuste.engine.text import fold

LEAST_SHARE = 0.6  # of the original's columns that a copy has too

_COPY = (
    "histo|historique|history|hist|archives?|archived|arch|audit|log|old|bak|backup|sauv|sauvegardes?|anciens?|anciennes?"
    "|save|saved|deleted|supprimes?|supprimees?|purge|purges?|purgees?|versions?"
)
# A year and no other number: client_75 and client_69 may be the customers of two branches.
_SUFFIX = re.compile(rf"_?(?:{_COPY})$|_?(?:19|20)\d\d(?:_?\d\d){{0,2}}$")
_PREFIX = re.compile(rf"^(?:{_COPY}|h|a)_")
_SCHEMA = re.compile(rf"(?:^|_)(?:{_COPY})(?:_|$|\d)")


def originals(tables: Mapping[str, Table]) -> dict[str, str]:
    """Copy -> the original of a history or archive table, found by the names of table and schema, and by the columns.

    A table of the same name in another schema is a copy only where that schema is named for it: it may be another
    client's of a shared server.
    """
    by_name: dict[str, list[Table]] = {}
    for table in tables.values():
        by_name.setdefault(fold(table.bare), []).append(table)
    found = {}
    for table in tables.values():
        if table.inherits in tables:
            found[table.name] = table.inherits
            continue
        name = fold(table.bare)
        bare = {_SUFFIX.sub("", name), _PREFIX.sub("", name)} - {name, ""}
        if _SCHEMA.search(fold(table.schema)):
            bare.add(name)
        fitting = [t for b in sorted(bare) for t in by_name.get(b, ()) if t is not table and _fits(table, t)]
        fitting = [t for t in fitting if not _SCHEMA.search(fold(t.schema))] or fitting
        near = [t for t in fitting if t.schema == table.schema] or fitting
        if len(near) == 1:
            found[table.name] = near[0].name
    return found


def _fits(copy: Table, original: Table) -> bool:
    shared = sum(
        family(copy.columns.get(name, "")) == family(kind) for name, kind in original.columns.items()
    )
    return shared >= LEAST_SHARE * len(original.columns)


def copies(tables: Mapping[str, Table], links: Iterable[Link], starts: Sequence[str]) -> list[Link]:
    """The keys that tie copies to a person: those of their originals, by the same columns.

    A copy that lacks them is tied to the original's row by its primary key. Rows that were moved away together, such as
    a ticket and its messages, are tied to each other.
    """
    known = originals(tables)
    of: dict[str, list[Table]] = {}
    for name, original in sorted(known.items()):
        of.setdefault(original, []).append(tables[name])
    links = list(links)
    present = {(link.child, link.columns, link.parent) for link in links}
    found = []
    for link in links:
        parents = [p for p in of.get(link.parent, ()) if _has(p, link.targets) and link.parent not in starts]
        for copy in of.get(link.child, ()):
            if not _has(copy, link.columns) or copy.name in starts:
                continue
            if (copy.name, link.columns, link.parent) not in present:
                found.append(_copied(link, copy.name, link.parent))
            found += [_copied(link, copy.name, p.name, moved_from=link.parent) for p in parents]
        if link.settled:  # no constraint keeps a row from pointing to what was moved
            found += [
                Link(link.child, link.columns, p.name, link.targets, "", link.parent, link.origin)
                for p in parents
            ]
    tied = {link.child for link in [*links, *found]}
    for name, original in sorted(known.items()):
        key = tables[original].primary_key
        own = original in starts or name not in tied
        if own and name not in starts and key and _has(tables[name], key):
            found.append(Link(name, key, original, key, copy_of=original, origin=f"copie de {original}"))
    return found


def _has(table: Table, columns: Sequence[str]) -> bool:
    return all(c.partition("->>")[0] in table.columns for c in columns)


def _copied(link: Link, child: str, parent: str, moved_from: str = "") -> Link:
    return Link(child, link.columns, parent, link.targets, link.child, moved_from, f"copie de {link.child}")
