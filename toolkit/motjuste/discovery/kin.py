"""What stands beside a column of notes: copies of it, and the columns that say who wrote the note, when, and about whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from motjuste.discovery.names import words
from motjuste.model import Column

KINDS = {"v": "view", "m": "materialized view", "f": "foreign table"}

_HISTORY = re.compile(
    r"(?:^|_)(?:hist\w*|history|audit|aud|archives?|arch|old|bak|backup|log|versions?|sav|save|copie|copy|shadow|trace)(?:_|\d|$)"
)
_SUBJECT = re.compile(
    r"(?:client|customer|patient|adherent|assure|abonne|locataire|eleve|etudiant|student|usager|salarie|employe|candidat|applicant"
    r"|beneficiaire|membre|member|prospect|partner|societe|tiers|person|contact|debiteur|account|compte|resident|cli$|clt|citoyen|famille)"
)
_AUTHOR = re.compile(
    r"(?:auteur|author|agent|createdby|creepar|saisipar|saisie?par|redacteur|user|utilisateur|modifiepar|updatedby|operateur|operator"
    r"|conseiller|gestionnaire|owner|enteredby|staff|writer|vendeur|technicien|redigepar|commercial|login|provider)"
)
_MOMENT = re.compile(
    r"(?:created|cree|creation|datesaisie|saisi|written|redige|posted|publi|jour|date|horodat|time|ts$|le$|at$|dt)"
)


@dataclass(frozen=True)
class Neighbour:
    """A column of a table, whatever its type: the table that its foreign key leads to, '' where it has none.

    `kind` is pg_type.typcategory: D for dates and times.
    """

    schema: str
    table: str
    name: str
    kind: str
    leads_to: str = ""
    key: bool = False


def with_kin(
    columns: Iterable[Column], neighbours: Iterable[Neighbour], bases: Mapping[tuple[str, str, str], str]
) -> list[Column]:
    """The columns with what stands beside them; `bases` says of a view's column which one it shows."""
    by_table: defaultdict[tuple[str, str], list[Neighbour]] = defaultdict(list)
    for neighbour in neighbours:
        by_table[neighbour.schema, neighbour.table].append(neighbour)
    listed = list(columns)
    names = {place: {n.name for n in found} for place, found in by_table.items()}
    return [_with_kin(c, by_table[c.schema, c.table], names, bases) for c in listed]


def _with_kin(
    column: Column,
    beside: Sequence[Neighbour],
    names: Mapping[tuple[str, str], set[str]],
    bases: Mapping[tuple[str, str, str], str],
) -> Column:
    base = bases.get((column.schema, column.table, column.name), "")
    beside = [n for n in beside if n.name != column.name]
    copy_of = f"{KINDS.get(column.relkind, 'copy')} of {base}" if base else _original(column, names)
    return replace(
        column,
        copy_of=copy_of,
        author=_author(beside),
        moment=_moment(beside),
        subject=_subject(column, beside),
    )


def _original(column: Column, names: Mapping[tuple[str, str], set[str]]) -> str:
    """`history of` the table that this one's name, less what says history, and most of its columns are those of.

    One of its own schema rather than another's; where it is the schema's name that says history, one of another.
    """
    plain = _HISTORY.sub("_", column.table.lower()).strip("_")
    if not plain or (plain == column.table.lower() and not _is_history(column.schema)):
        return ""
    mine = names[column.schema, column.table]
    originals = [
        (schema, table)
        for (schema, table), theirs in names.items()
        if table.lower() in (plain, plain.removesuffix("s"), f"{plain}s")
        and (schema, table) != (column.schema, column.table)
        and not (_is_history(schema) and schema != column.schema)
        and column.name in theirs
        and 2 * len(mine & theirs) >= len(theirs)
    ]
    original = min(originals, key=lambda place: (place[0] != column.schema, place), default=None)
    return "history of {}.{}.{}".format(*original, column.name) if original else ""


def _is_history(name: str) -> bool:
    return _HISTORY.search(name.lower()) is not None


def _joined(name: str) -> str:
    return "".join(words(name))


def _best(found: Sequence[Neighbour], pattern: re.Pattern[str]) -> str:
    named = [n for n in found if any(pattern.match(w) for w in (*words(n.name), _joined(n.name)))]
    return named[0].name if named else ""


def _subject(column: Column, beside: Sequence[Neighbour]) -> str:
    """The foreign key to a person; in a table of persons, its own key; else a column called as one."""
    keys = [n for n in beside if n.leads_to]
    for n in keys:
        if any(_SUBJECT.match(w) for w in words(n.leads_to)) and not _is_author(n):
            return n.name
    own = [n.name for n in beside if n.key]
    if len(own) == 1 and any(_SUBJECT.match(w) for w in words(column.table)):
        return own[0]
    called = [
        n
        for n in beside
        if n not in keys and re.search(r"(?:^|_)(?:id|no|num|numero|ref|code|fk)(?:_|$)", n.name.lower())
    ]
    return _best([n for n in called if not _is_author(n)], _SUBJECT)


def _is_author(n: Neighbour) -> bool:
    return any(_AUTHOR.match(w) for w in (*words(n.name), _joined(n.name)))


def _author(beside: Sequence[Neighbour]) -> str:
    found = [n for n in beside if n.kind != "D" and not n.key]
    return _best([n for n in found if n.leads_to], _AUTHOR) or _best(found, _AUTHOR)


def _moment(beside: Sequence[Neighbour]) -> str:
    dates = [n for n in beside if n.kind == "D"]
    return _best(dates, _MOMENT) or (dates[0].name if len(dates) == 1 else "")
