"""Finds copies of a column of notes, and the columns beside it that say who wrote the note, when, and about whom."""

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
# persons, and nothing that also says a contract, a firm or a household
_PERSON = re.compile(
    r"(?:client|customer|patient|adherent|assure|abonne|locataire|eleve|etudiant|student|usager|salarie|employe|candidat|applicant"
    r"|beneficiaire|membre|member|prospect|resident|citoyen)"
)
# whose key stands in tables about what happens to them; not those of who sells, buys or hosts, which stand in any table
_CONCERNED = re.compile(
    r"(?:patient|adherent|assure$|assures$|beneficiair|beneficiar|locataire|eleve|etudiant|student|pupil|usager|candidat|applicant|resident|citoyen|citizen"
    r"|enfant|child|jeune|youth|detenu|prisoner|offender|inmate|stagiaire|trainee|learner|volunteer|benevole|victim|person$|personne$|famille|family|menage"
    r"|household|dossier|case$|referral|sejour|encounter|appointment|rdv|incident|consultation|episode|sinistre|entretien)"
)
_KEY = frozenset(("id", "ids", "fk", "no", "num", "numero", "ref", "code", "uuid", "key"))
_KIND_OF = re.compile(
    r"(?:types?|categor\w*|status|statuts?|etats?|groupe?s?|niveaux?|levels?|class\w*|civilit\w*|titles?|modes?)$"
)
# who wrote it, the surest words first
_AUTHORS = (
    re.compile(
        r"(?:auteur|author|createdby|creepar|saisie?par|redacteur|redigepar|enteredby|writtenby|writer)"
    ),
    re.compile(
        r"(?:agent|user|utilisateur|operateur|operator|conseiller|gestionnaire|owner|staff|vendeur|technicien|commercial|provider)"
    ),
    re.compile(r"(?:modifiepar|updatedby|modifiedby|login)"),
)
# what stands beside `user` or `agent` in a name and says that somebody else did another thing, or that it is no person
_NOT_AUTHOR = re.compile(
    r"(?:mod$|modif|updat|valid|clotur|clos|sign|approv|assign|affect|done$|last|mobile|phone|tel|fax|ip$|lang|color|count|nb$|type|pass|pwd)"
)
_MOMENTS = (
    re.compile(r"(?:created|cree|creation|datec$|datesaisie|saisi|written|redige|posted|publi)"),
    re.compile(r"(?:jour|date|horodat|time|ts$|le$|at$|dt)"),
)
_NOT_MOMENT = re.compile(
    r"(?:\w*fin$|\w*end$|naiss|birth|\w*valid|\w*due$|echeance|deces|death|\w*modif|\w*updat|\w*clotur|delet|suppr|last|\w*login)"
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


def concerned(columns: Iterable[Column | Neighbour]) -> dict[tuple[str, str], str]:
    """By table, the column that is the key of a person or of a person's file: patient_id, id_usager, case_id."""
    found: dict[tuple[str, str], str] = {}
    for column in columns:
        parts = words(column.name)
        if any(w in _KEY for w in parts) and any(_CONCERNED.match(w) for w in parts):
            found.setdefault((column.schema, column.table), column.name)
    return found


def with_kin(
    columns: Iterable[Column], neighbours: Iterable[Neighbour], bases: Mapping[tuple[str, str, str], str]
) -> list[Column]:
    """The columns with their copies and neighbours; `bases` maps a view's column to the column that it shows."""
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
        author=_author(column, beside),
        moment=_moment(beside),
        subject=_subject(column, beside),
    )


def _original(column: Column, names: Mapping[tuple[str, str], set[str]]) -> str:
    """`history of` the original of this table: it has this name without the word for history, and most of its columns.

    An original in the same schema is preferred; if the schema's name says history, the original is in another schema.
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


def _says(pattern: re.Pattern[str], name: str) -> bool:
    """Whether a word of a name, or all of them written as one, begins so."""
    return any(pattern.match(w) for w in (*words(name), _joined(name)))


def _best(found: Sequence[Neighbour], pattern: re.Pattern[str]) -> str:
    return next((n.name for n in found if _says(pattern, n.name)), "")


def _subject(column: Column, beside: Sequence[Neighbour]) -> str:
    """In a table of persons, its own key; elsewhere the foreign key to a person; else a column called as one."""
    own = [n.name for n in beside if n.key]
    if len(own) == 1 and _of_persons(column.table):
        return own[0]
    keys = [n for n in beside if n.leads_to]
    for n in keys:
        if (
            any(_SUBJECT.match(w) for w in words(n.leads_to))
            and not _is_kind(n.leads_to)
            and not _is_author(n)
        ):
            return n.name
    if len(own) == 1 and any(_SUBJECT.match(w) for w in words(column.table)):
        return own[0]
    called = [
        n
        for n in beside
        if n not in keys and re.search(r"(?:^|_)(?:id|no|num|numero|ref|code|fk)(?:_|$)", n.name.lower())
    ]
    return _best([n for n in called if not _is_author(n)], _SUBJECT)


def _of_persons(table: str) -> bool:
    """Whether a table is one of persons by its name: `llx_adherent` is, `adherent_type` and `note_client` are not."""
    told = [w for w in words(table) if len(w) > 3]  # a prefix says whose the tables are
    return len(told) == 1 and _PERSON.match(told[0]) is not None


def _is_kind(table: str) -> bool:
    """Whether a table lists kinds of persons, not persons."""
    return any(_KIND_OF.match(w) for w in words(table))


def _is_author(n: Neighbour) -> bool:
    return any(_says(pattern, n.name) for pattern in _AUTHORS) and _joined(n.name) != "useragent"


def _author(column: Column, beside: Sequence[Neighbour]) -> str:
    """The column that names who wrote: by the surest words, and among equals a foreign key. A person's own login is none."""
    found = [n for n in beside if n.kind not in ("D", "B") and not n.key]
    if any(_SUBJECT.match(w) for w in words(column.table)):
        found = [n for n in found if n.leads_to or words(n.name) != ["login"]]
    ranked = [(_rank(n), not n.leads_to, place, n.name) for place, n in enumerate(found) if _is_author(n)]
    return min(ranked)[3] if ranked else ""


def _rank(n: Neighbour) -> int:
    """How sure a name is that of who wrote, the surest first."""
    rank = next(place for place, pattern in enumerate(_AUTHORS) if _says(pattern, n.name))
    return rank if rank == 0 or not any(_NOT_AUTHOR.match(w) for w in words(n.name)) else len(_AUTHORS)


def _moment(beside: Sequence[Neighbour]) -> str:
    dates = [n for n in beside if n.kind == "D"]
    if len(dates) == 1:
        return dates[0].name
    likely = [n for n in dates if not _says(_NOT_MOMENT, n.name)]
    return next((name for some in (likely, dates) for p in _MOMENTS if (name := _best(some, p))), "")
