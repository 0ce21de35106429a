"""One run through the migrations: what exists so far, the search path, where we are, and what was not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from motjuste.schema_check.budget import LIST, STEPS, TEXT, OverBudget
from motjuste.schema_check.builtins import SYSTEM, Builtins
from motjuste.schema_check.catalogue import (
    NOWHERE,
    TEMPORARY,
    Catalogue,
    Column,
    Function,
    Key,
    Place,
    Relation,
    Type,
    TypeRef,
    quoted,
)
from motjuste.schema_check.cursor import Name, NotUnderstood, TypeName
from motjuste.schema_check.layout import RUNNERS

_WORDS = re.compile(r"(?!public\b)\w+")
_OF_FILES = ("file", "motjuste.attach", "motjuste.detach")  # notes of what changes no schema
_RUNS = ("DO", "EXECUTE", "SELECT", "CALL", "\\gexec")  # notes of statements that run others, of any name
DEFAULT_PATH = ("$user", "public")


class Refused(NotUnderstood):
    """A statement that a server would refuse here: what it names does not exist, or does already, or it is too large."""


class Absent(Refused):
    """A column is added to a table that none of the files ever made: it may be there for other reasons. `name`: its name."""

    def __init__(self, why: str, name: str) -> None:
        super().__init__(why)
        self.name = name


class MadeElsewhere(NotUnderstood):
    """A statement about something in a schema that no migration makes: a platform's own, perhaps."""


@dataclass(frozen=True)
class Note:
    """A statement that was not analysed, in full or in part: why, what it seems to touch, which variables have no value."""

    place: Place
    what: str
    why: str
    touches: tuple[str, ...] = ()
    last: int = 0
    refused: bool = False
    unset: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """What a statement does to the watching: attach, detach, drop-trigger, disable-trigger, drop-schema, replica..."""

    kind: str
    place: Place
    relation: str = ""
    column: str = ""
    detail: str = ""
    last: int = 0
    json_key: str = ""
    target: Column | Relation | None = None


@dataclass
class Session:
    """The state of a replay. `lenient`: what exists is not made again, and what does not is left (DO blocks)."""

    builtins: Builtins
    catalogue: Catalogue = field(default_factory=Catalogue)
    path: tuple[str, ...] = DEFAULT_PATH
    database_path: tuple[str, ...] = DEFAULT_PATH
    local_path: tuple[str, ...] | None = None
    place: Place = NOWHERE
    last: int = 0
    lines: tuple[int, ...] = ()
    notes: list[Note] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    unknown_extensions: dict[str, str] = field(default_factory=dict)
    role: str = ""
    lenient: int = 0
    wrapped: bool = False  # the tool runs each file in a transaction
    in_transaction: bool = False
    steps: int = 0  # what the file at hand has cost
    unread: bool = False  # a statement that may have done anything was not analysed
    doubted: set[str] = field(default_factory=set)  # words of the names that such a statement seems to touch
    blocks: int = 0  # how many blocks and functions the statement at hand stands in
    databases: list[Catalogue] = field(default_factory=list)  # of which the one at hand is the last

    def __post_init__(self) -> None:
        self.databases.append(self.catalogue)

    # -- what it may cost --------------------------------------------------------------------------

    def spend(self, steps: int = 1) -> None:
        """Take steps off what the file at hand may cost. Raises OverBudget where none are left."""
        self.steps += steps
        if self.steps > STEPS:
            self.stop(f"it asks for more than {STEPS:,} steps")

    def stop(self, what: str) -> NoReturn:
        """Raise OverBudget for the statement at hand."""
        raise OverBudget(self.place.file, self.place.line, what)

    def room(self, characters: int = 0, elements: int = 0) -> None:
        """Raise OverBudget where a text or array that is about to be built would be too large."""
        if characters > TEXT:
            self.stop(f"it builds a text of more than {TEXT:,} characters")
        if elements > LIST:
            self.stop(f"it builds an array of more than {LIST:,} elements")

    def other_database(self) -> None:
        """The files that follow are of another database, in which nothing is yet."""
        self.catalogue = Catalogue()
        self.databases.append(self.catalogue)
        self.database_path = DEFAULT_PATH
        self.unknown_extensions, self.doubted, self.unread = {}, set(), False
        self.connect()

    # -- the state of a connection -----------------------------------------------------------------

    def connect(self) -> None:
        """A new connection: settings go back to the defaults, temporary tables are gone."""
        self.path, self.local_path = self.database_path, None
        self.role = ""
        self.escaping = False  # a backslash escapes in any string
        self.in_transaction = False
        for relation in self.catalogue.temporary:
            if self.catalogue.relations.get(relation.key) is relation:
                self.forget(relation)
        self.catalogue.temporary.clear()

    def end_transaction(self) -> None:
        """What SET LOCAL set is over."""
        self.local_path = None
        self.in_transaction = False

    @property
    def search_path(self) -> list[str]:
        """The schemas where an unqualified name is looked up, those that exist, the temporary one first."""
        named = self.path if self.local_path is None else self.local_path
        listed = [self.role if s == "$user" else s for s in named]
        found = [s for s in listed if s in self.catalogue.schemas]
        implied = [s for s in (TEMPORARY, "pg_catalog") if s not in listed]
        return implied + found

    def spaces(self, schema: str) -> list[str]:
        """Where to look for a name that was written with this schema, or with none."""
        if not schema:
            return self.search_path
        return [TEMPORARY if schema.startswith("pg_temp") else schema]

    def creation_schema(self, name: Name, *, temporary: bool = False) -> Key:
        """Where a new object goes. Raises Refused where there is no such schema."""
        schema, bare = name
        if temporary or schema.startswith("pg_temp"):
            return TEMPORARY, bare
        if schema:
            self.require_schema(schema)
            return schema, bare
        for candidate in self.search_path:
            if candidate not in (TEMPORARY, "pg_catalog"):
                return candidate, bare
        raise Refused(f"no schema of the search path exists in which {quoted(bare)} could be created")

    def require_schema(self, name: str) -> None:
        """Raises Refused where there is no such schema."""
        if name not in self.catalogue.schemas:
            raise Refused(f"schema {quoted(name)} does not exist")

    def is_there(self, key: Key, *, quietly: bool = False) -> bool:
        """Whether there is a relation of this name. Raises Refused for one, unless the statement says IF NOT EXISTS."""
        if key in self.catalogue.relations and not quietly:
            raise Refused(f"relation {shown(key)} is there already")
        return key in self.catalogue.relations

    # -- looking up --------------------------------------------------------------------------------

    def find_relation(self, name: Name) -> Relation | None:
        """The relation of this name, None where there is none."""
        for space in self.spaces(name[0]):
            found = self.catalogue.relations.get((space, name[1])) or self.system_view(space, name[1])
            if found is not None:
                return found
        return None

    def system_view(self, schema: str, name: str) -> Relation | None:
        """A view of the system's, made when it is asked for."""
        if schema not in SYSTEM or (schema, name) not in self.builtins.views:
            return None
        columns = [Column(n, t) for n, t in self.builtins.views[schema, name]]
        return Relation(schema, name, "v", columns=columns)

    def relation(self, name: Name, kinds: str = "rpvmfSic") -> Relation:
        """The relation of this name. Raises Refused where there is none of these kinds."""
        found = self.find_relation(name)
        if found is None:
            self.require_of_files(name)
        if found is None or found.kind not in kinds:
            raise Refused(f"relation {shown(name)} does not exist")
        return found

    def require_of_files(self, name: Name) -> None:
        """Raises MadeElsewhere for a relation that is not there and that others than the files may have made."""
        if name[0] and name[0] not in self.catalogue.schemas:
            raise MadeElsewhere(f"{shown(name)} is in a schema that no file makes")
        if name[1].lower() in RUNNERS:
            raise MadeElsewhere(f"{shown(name)} is a table that a migration tool makes for itself")

    def column(self, relation: Relation, name: str) -> Column:
        """The column of a relation. Raises Refused where there is none."""
        found = relation.column(name)
        if found is None:
            raise Refused(f"column {quoted(name)} of {relation.label} does not exist")
        return found

    def find_type(self, name: Name) -> TypeRef | None:
        """The type of this name; `_name` is an array of it."""
        schema, bare = name
        for space in self.spaces(schema):
            if space in SYSTEM:
                found = self.builtins.ref(bare) if space == SYSTEM[0] else self.builtins.domains.get(bare)
                if found is not None:
                    return found
            own = self.catalogue.types.get((space, bare))
            if own is not None:
                return TypeRef(own)
            if bare[:1] == "_" and (space, bare[1:]) in self.catalogue.types:
                return TypeRef(self.catalogue.types[space, bare[1:]], array=True)
        return None

    def type(self, written: TypeName) -> TypeRef:
        """The type that is written so. Raises Refused where there is none."""
        if written.like:
            *table, column = written.like
            found = self.column(self.relation((table[-2] if len(table) > 1 else "", table[-1])), column).type
            if found is None:
                raise NotUnderstood(f"the type of {'.'.join(written.like)} is not known")
            return found
        ref = self.find_type((written.schema, written.name))
        if ref is None:
            ref = self.from_unknown_extension(written)
        if ref is None:
            raise Refused(f"type {shown((written.schema, written.name))} does not exist")
        if written.mods or written.array:
            return TypeRef(ref.type, written.mods or ref.mods, written.array or ref.array)
        return ref

    def from_unknown_extension(self, written: TypeName) -> TypeRef | None:
        """A type that an extension which we do not know may have brought, taken as given."""
        for schema in self.unknown_extensions.values():
            if written.schema in ("", schema):
                made = Type(schema, written.name, extension="?")
                self.catalogue.types[made.schema, made.name] = made
                return TypeRef(made)
        return None

    def functions(self, name: Name) -> list[Function]:
        """The functions of this name that can be seen, the user's first."""
        found: list[Function] = []
        for space in self.spaces(name[0]):
            found += self.catalogue.functions.get((space, name[1]), [])
            if space == "pg_catalog":
                found += self.builtins.functions.get(name[1], [])
        return found

    # -- telling -----------------------------------------------------------------------------------

    def certain(self, why: str) -> bool:
        """Whether a server would refuse for this reason: no statement that was not analysed may have made or dropped it."""
        if self.unread or (self.unknown_extensions and "does not exist" in why):
            return False
        return not self.doubted & set(_WORDS.findall(why))

    def note(
        self,
        why: str,
        touches: tuple[str, ...] = (),
        what: str = "",
        *,
        refused: bool = False,
        unset: tuple[str, ...] = (),
    ) -> None:
        """Record that the statement at hand was not analysed, or not all of it."""
        if not refused and what not in _OF_FILES:
            self.unread = self.unread or what in _RUNS or not touches
            self.doubted.update(_WORDS.findall(" ".join(touches)))
        self.notes.append(Note(self.place, what, why, touches, self.last, refused, unset))

    def event(
        self,
        kind: str,
        relation: str = "",
        column: str = "",
        detail: str = "",
        json_key: str = "",
        target: Column | Relation | None = None,
    ) -> None:
        """Record what the statement at hand does to the watching."""
        self.events.append(Event(kind, self.place, relation, column, detail, self.last, json_key, target))

    def at(self, offset: int) -> Place:
        """The place of a position in the statement's text."""
        line = self.place.line
        for end in self.lines:
            if end >= offset:
                break
            line += 1
        return Place(self.place.file, line)

    # -- forgetting --------------------------------------------------------------------------------

    def forget(self, relation: Relation) -> None:
        """A relation is gone, with its indexes and sequences and what its row type was for."""
        self.catalogue.relations.pop(relation.key, None)
        if relation.row_type is not None:
            self.catalogue.types.pop(relation.key, None)
        for parent in relation.parents:
            if relation in parent.children:
                parent.children.remove(relation)
        for other in self.catalogue.owned_by(relation):
            self.catalogue.relations.pop(other.key, None)


def shown(name: Name) -> str:
    """A name as it would be written."""
    return ".".join(quoted(part) for part in name if part)
