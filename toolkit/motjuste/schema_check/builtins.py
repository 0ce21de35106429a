"""What the server brings along: its types, functions, operators, casts and system views, from sql/check/builtins.tsv."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from motjuste.schema_check.catalogue import NOWHERE, Function, Type, TypeRef

SYSTEM = ("pg_catalog", "information_schema")
# The domains of information_schema, and what they are of.
_DOMAINS = (
    ("cardinal_number", "int4"), ("character_data", "varchar"), ("sql_identifier", "name"), ("time_stamp", "timestamptz", "2"),
    ("yes_or_no", "varchar", "3"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What type resolution asks of a type: pg_type.typcategory and typispreferred."""

    category: str
    preferred: bool


USER = Kind("U", False)
OF_TYPTYPE = {"e": Kind("E", False), "c": Kind("C", False), "d": USER, "r": Kind("R", False)}


class Builtins:
    """The lines of builtins.tsv by kind, each made into objects when they are first asked for.

    t: types, f: functions, v: views, these apart for each extension; o: operators, c: casts.
    """

    def __init__(self, text: str) -> None:
        self.rows: dict[str, list[list[str]]] = defaultdict(list)
        self.extensions: dict[str, dict[str, list[list[str]]]] = defaultdict(
            lambda: {"t": [], "f": [], "v": []}
        )
        for line in text.splitlines():
            kind, extension, *rest = line.split("\t")
            if kind in "oc":
                self.rows[kind].append(rest)
            elif extension and extension not in SYSTEM:
                self.extensions[extension][kind].append(rest)
            else:
                self.rows[kind].append([extension, *rest])
        self.types: dict[str, Type] = {}
        self.kinds: dict[str, Kind] = {}
        for _, name, category, preferred, typtype, *element in self.rows["t"]:
            self.types[name] = Type("pg_catalog", name, typtype)
            self.kinds[name] = Kind(category, preferred == "1")
            if element:
                base = self.types.setdefault(element[0], Type("pg_catalog", element[0]))
                self.types[name].base = TypeRef(base)
        domains = (Type(SYSTEM[1], n, "d", TypeRef(self.types[of], tuple(mods))) for n, of, *mods in _DOMAINS)
        self.domains = {t.name: TypeRef(t) for t in domains}
        for known in self.extensions.values():
            for name, category, preferred, *_ in known["t"]:
                self.kinds[name] = Kind(category, preferred == "1")

    def ref(self, name: str) -> TypeRef | None:
        """The built-in type of an internal name; `_int4` is an array of int4."""
        if name in self.types:
            return TypeRef(self.types[name])
        if name[:1] == "_" and name[1:] in self.types:
            return TypeRef(self.types[name[1:]], array=True)
        return None

    @cached_property
    def functions(self) -> dict[str, list[Function]]:
        """Name -> the built-in functions of that name."""
        found: dict[str, list[Function]] = defaultdict(list)
        for _, *row in self.rows["f"]:
            found[row[0]].append(self.function("pg_catalog", row))
        return found

    def function(self, schema: str, row: list[str], own: dict[str, Type] | None = None) -> Function:
        """The function of a line; `own` are the types that its extension brings."""
        name, returns, arguments, flags, *out = row

        def ref(word: str) -> TypeRef | None:
            for called, array in ((word, False), (word.removeprefix("_"), True)):
                if own and called in own:
                    return TypeRef(own[called], array=array)
            return self.ref(word)

        parts = (a.rpartition(":") for a in (out[0].split(" ") if out else ()))
        outs = tuple((word, ref(kind)) for word, _, kind in parts)
        return Function(
            schema,
            name,
            tuple(ref(a) for a in arguments.split(" ") if a),
            ref(returns),
            NOWHERE,
            out=outs if len(outs) > 1 or returns == "record" else (),
            defaults=int(flags.lstrip("afwsv")),
            variadic="v" in flags,
            aggregate=flags[0] == "a",
        )

    @cached_property
    def operators(self) -> dict[str, list[tuple[str, str, str]]]:
        """Sign -> (left, right, result) of each operator, by internal names; left is '' where it is a prefix."""
        found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for sign, left, right, result in self.rows["o"]:
            found[sign].append((left, right, result))
        return found

    @cached_property
    def implicit(self) -> set[tuple[str, str]]:
        """(from, to) of the casts that the server makes by itself."""
        return {(source, target) for source, target, context in self.rows["c"] if context == "i"}

    @cached_property
    def views(self) -> dict[tuple[str, str], list[tuple[str, TypeRef | None]]]:
        """(schema, name) -> columns of the system's tables and views."""
        return {(schema, name): self.columns(text) for schema, name, text in self.rows["v"]}

    def columns(self, text: str) -> list[tuple[str, TypeRef | None]]:
        """name:type name:type ... as pairs."""
        pairs = (word.rpartition(":") for word in text.split(" ") if word)
        return [(name, self.ref(kind) or self.domains.get(kind)) for name, _, kind in pairs]
