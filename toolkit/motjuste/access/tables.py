"""Tables and the keys between them, as a search for a person's notes sees them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from motjuste.engine.text import fold

_GENERIC = {"id", "num", "numero", "no", "nr", "code", "cle", "key", "ref", "fk", "uuid", "pk", "identifiant", "cd"}  # fmt: skip
_WHOLE = re.compile(r"(small|big)?int(eger)?|numeric")
_TEXT = re.compile(r"text|character|bpchar|char|citext|varchar")


@dataclass(frozen=True)
class Table:
    """A table: `columns` maps names to types as SQL writes them; `keys` are its unique keys, the primary first.

    `notes` are its note columns with their key in jsonb ('' elsewhere), `documents` its jsonb columns, of which the
    keys show when rows are read. `unreadable` columns are closed to this role; `filtered`: row-level security may
    hide rows from it. `inherits` is the table that it inherits from, '' for none; `kind` is pg_class.relkind. `strange`
    has, of each column of a user's own type, the operator that compares its values, or `text`.
    """

    name: str
    schema: str
    bare: str
    columns: Mapping[str, str]
    keys: tuple[tuple[str, ...], ...] = ()
    primary: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()
    unreadable: frozenset[str] = frozenset()
    filtered: bool = False
    inherits: str = ""
    kind: str = "r"
    strange: Mapping[str, str] = field(default_factory=dict)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key, empty where there is none."""
        return self.keys[0] if self.primary else ()

    @property
    def other_texts(self) -> tuple[str, ...]:
        """The columns of text that are neither notes nor keys."""
        known = {c for c, _ in self.notes} | {c for key in self.keys for c in key}
        return tuple(c for c, kind in self.columns.items() if family(kind) == "text" and c not in known)

    @property
    def holds_notes(self) -> bool:
        """Whether the table has notes, or documents that may hold some."""
        return bool(self.notes or self.documents)


@dataclass(frozen=True, order=True)
class Link:
    """A key: `columns` of `child` say which row of `parent` by its columns `targets`.

    `copy_of` is the table of which the child is a history or an archive, '' elsewhere. `moved_from` names the table
    whose rows were moved into the parent: keys that still exist there are followed from there. `origin` says how the key
    is known, '' for a foreign key. `settled`: somebody declared that this is the one to follow.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]
    copy_of: str = ""
    moved_from: str = ""
    origin: str = field(default="", compare=False)
    settled: bool = field(default=False, compare=False)

    @property
    def source(self) -> str:
        """The child's columns as a person reads them."""
        return _columns(self.child, self.columns)

    @property
    def label(self) -> str:
        """The key as a person reads it."""
        known = f" ({self.origin})" if self.origin else ""
        return f"{self.source} → {_columns(self.parent, self.targets)}{known}"


def _columns(table: str, names: tuple[str, ...]) -> str:
    return f"{table}.{names[0]}" if len(names) == 1 else f"{table} ({', '.join(names)})"


def family(kind: str) -> str:
    """The group of types that compare with each other: whole numbers, texts, ..."""
    if _WHOLE.match(kind):
        return "number"
    return "text" if _TEXT.match(kind) or kind.endswith(".citext") else kind


def castable(kind: str) -> str:
    """The type to cast a value to before it is compared with a column of this type.

    With its length, a text type would cut a longer value, which would then name another row.
    """
    if family(kind) != "text":
        return re.sub(r"\(.*\)", "", kind)
    return kind if "citext" in kind else "bpchar" if kind.startswith("character(") else "text"


def guess(table: Table, column: str, tables: Iterable[Table]) -> Link | None:
    """The key that a column's name suggests (client_id, id_client, num_client); None unless exactly one table fits.

    It fits a table with a primary key of one column, of a type that compares; one of the same schema is preferred.
    """
    name = _parts(column)
    of_type = [
        other
        for other in tables
        if other.name != table.name
        and len(other.primary_key) == 1
        and family(other.columns[other.primary_key[0]]) == family(table.columns.get(column, ""))
    ]
    said = name - _GENERIC
    fitting = [
        other
        for other in of_type
        if said and (said == _parts(other.bare) or _parts(other.primary_key[0]) == name)
    ] or [other for other in of_type if said and said == _parts(_unprefixed(other.bare, table.bare))]
    near = [other for other in fitting if other.schema == table.schema] or fitting
    if len(near) != 1:
        return None
    return Link(table.name, (column,), near[0].name, near[0].primary_key, origin="nom de la colonne")


def _unprefixed(bare: str, beside: str) -> str:
    """A table's name without the word that all tables of a package begin with: llx_user beside llx_facture."""
    prefix, _, rest = bare.partition("_")
    return rest if rest and beside.startswith(f"{prefix}_") else bare


def _parts(name: str) -> frozenset[str]:
    """The words of a name, folded, in the singular: CLIENT_ID and id_clients are the same."""
    cut = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return frozenset(w.rstrip("s") if len(w) > 3 else w for w in re.split(r"[^a-z0-9]+", fold(cut)) if w)
