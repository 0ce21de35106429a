"""Conditions of DO blocks that the model can answer: what the catalog has, by pg_catalog and information_schema."""

from __future__ import annotations

from dataclasses import dataclass, field

from motjuste.check.catalogue import Column, Relation, TypeRef
from motjuste.check.cursor import Cursor
from motjuste.check.lexer import Token
from motjuste.check.session import Session

# column of the catalog -> what its value names
_SAYS = {
    "table_name": "table", "tablename": "table", "relname": "table", "viewname": "table", "matviewname": "table",
    "column_name": "column", "attname": "column", "table_schema": "schema", "schemaname": "schema", "nspname": "schema",
    "schema_name": "schema", "constraint_schema": "schema", "typname": "type", "conname": "constraint",
    "constraint_name": "constraint", "extname": "extension", "domain_name": "type", "domain_schema": "schema",
    "attrelid": "relation", "conrelid": "relation", "oid": "relation", "indexname": "table", "sequence_name": "table",
    "sequence_schema": "schema", "data_type": "data_type", "udt_name": "udt_name", "atttypid": "type_of",
    "character_maximum_length": "length", "table_catalog": "", "contype": "", "constraint_type": "", "relkind": "",
    "attisdropped": "", "typtype": "", "attnum": "", "constraint_catalog": "",
}  # fmt: skip
_OF_CATALOG = (
    "pg_type", "pg_class", "pg_namespace", "pg_tables", "pg_views", "pg_matviews", "pg_attribute", "pg_constraint", "pg_enum",
    "pg_extension", "pg_indexes", "pg_sequences", "information_schema", "tables", "columns", "views", "schemata", "domains",
    "table_constraints", "sequences",
)  # fmt: skip
_EQUAL, _UNEQUAL = ("=", "is"), ("<>", "!=")


@dataclass
class Asked:
    """What the WHERE of a query on the catalog asks for."""

    said: dict[str, str] = field(default_factory=dict)
    # (property of a column, value, whether equal)
    tests: list[tuple[str, str, bool]] = field(default_factory=list)
    kinds: str = "rpvmfSi"


class Conditions:
    """Answers conditions on a session, and remembers the variables that hold such answers."""

    def __init__(self, s: Session) -> None:
        self.s = s
        self.variables: dict[str, bool | None] = {}

    def holds(self, condition: Cursor) -> bool | None:
        """Whether a condition holds; None where only the running database knows."""
        c = Cursor(condition.tokens, condition.text)
        answer = self._or(c)
        return None if c else answer

    def assign(self, c: Cursor) -> None:
        """SELECT count(*) > 0 INTO x FROM the catalog ..., x := exists(...): what x holds from here on."""
        if c.take("select"):
            counted = c.until("into")
            if not c.take("into"):
                return
            c.take("strict")
            name = c.name() if c.is_name() else ""
            answer = self._rows(c) if c.sees("from") else None
            words = [t.value for t in counted.tokens]
            if words[:1] == ["exists"] or words[:2] == ["not", "exists"]:
                answer = self.holds(counted)
            elif words[-2:] == ["=", "0"] and answer is not None:
                answer = not answer
            elif words[:1] == ["count"] or words in (["true"], ["1"]):
                pass
            else:
                answer = None
            self.variables[name] = answer
            return
        name = c.name() if c.is_name() else ""
        c.any_of(":=", "=")
        if c.sees("("):
            c = c.group()
        if c.take("select"):
            head = c.until("from")
            self.variables[name] = self._rows(c) if head.sees("count") else self.holds(head)
        else:
            self.variables[name] = self.holds(c)

    def _or(self, c: Cursor) -> bool | None:
        found = self._and(c)
        while c.take("or"):
            other = self._and(c)
            found = True if found or other else None if found is None or other is None else False
        return found

    def _and(self, c: Cursor) -> bool | None:
        found = self._not(c)
        while c.take("and"):
            other = self._not(c)
            found = (
                False
                if found is False or other is False
                else None
                if found is None or other is None
                else True
            )
        return found

    def _not(self, c: Cursor) -> bool | None:
        if c.take("not"):
            answer = self._not(c)
            return None if answer is None else not answer
        if c.take("exists"):
            inside = c.group()
            inside.until("from")
            return self._rows(inside)
        if c.take("true"):
            return True
        if c.take("false"):
            return False
        if c.sees("(") and not _compared(c):
            inside = c.group()
            answer = self._or(inside)
            return None if inside else answer
        if c.sees("(") and c.peek(1) == "select":
            return self._compared_count(c)
        if c.take("to_regclass", "(") or c.take("pg_catalog", ".", "to_regclass", "("):
            return self._to_regclass(c)
        if c.is_name() and c.peek() in self.variables:
            return self._variable(c)
        c.until("and", "or")
        return None

    def _variable(self, c: Cursor) -> bool | None:
        answer = self.variables[c.name()]
        sign = c.any_of("=", ">", "<", "<>", "!=", "is", ">=")
        if not sign:
            return answer
        negated = c.take("not")
        value = c.next().value
        if answer is None:
            return None
        yes = {("=", "true"), (">", "0"), ("<>", "0"), ("!=", "0"), ("is", "true"), ("=", "1"), (">=", "1")}
        no = {("=", "0"), ("=", "false"), ("is", "false"), ("<", "1")}
        if (sign, value) in yes:
            return answer != negated
        return (not answer) != negated if (sign, value) in no else None

    def _compared_count(self, c: Cursor) -> bool | None:
        """(SELECT count(*) FROM ...) = 0"""
        inside = c.group()
        inside.take("select")
        counts = inside.sees("count")
        listed = inside.until("from")
        asked = _SAYS.get(listed.tokens[-1].value, "") if listed.tokens else ""
        if asked in ("data_type", "udt_name", "length") and c.peek() in (*_EQUAL, *_UNEQUAL):
            equal = c.next().value in _EQUAL
            return self._rows(inside, (asked, c.next().value, equal))
        self.variables["("] = self._rows(inside) if counts else None
        c.i -= 1
        c.tokens = [*c.tokens[: c.i], Token("word", "(", c.tokens[c.i].at, "("), *c.tokens[c.i + 1 :]]
        return self._variable(c)

    def _to_regclass(self, c: Cursor) -> bool | None:
        name = c.string() if c and c.tokens[c.i].kind == "string" else ""
        c.until(")")
        c.need(")")
        if not (name and c.take("is")):
            c.until("and", "or")
            return None
        negated = c.take("not")
        c.need("null")
        there = self.s.find_relation(Cursor.of(name).qualified()) is not None
        return there if negated else not there

    # -- queries on the catalog --------------------------------------------------------------------

    def _rows(self, c: Cursor, test: tuple[str, str, bool] | None = None) -> bool | None:
        """Whether FROM the catalog WHERE name = 'literal' AND ... finds a row."""
        if not c.take("from"):
            return None
        sources = c.until("where")
        on = [i for i, t in enumerate(sources.tokens) if t.kind == "word" and t.value == "on"]
        named = [t.value for t in sources.tokens if t.kind in ("word", "quoted")]
        if not any(n in _OF_CATALOG for n in named) or len(on) > 3:
            return None
        if not c.take("where"):
            return None
        asked = Asked(tests=[test] if test else [])
        if "information_schema" in named:
            asked.kinds = "rpvfS"  # the standard knows no materialized view
        while True:
            clause = c.until("and", "or", "limit", "order")
            if c.sees("or") or not self._clause(clause, asked):
                return None
            if not c.take("and"):
                break
        c.until()
        return self._there(asked)

    def _clause(self, clause: Cursor, asked: Asked) -> bool:
        """Read one comparison of a WHERE; whether it is understood."""
        tokens = [t for t in clause.tokens if not (t.kind == "op" and t.value in ("(", ")"))]
        equal = True
        while tokens and tokens[0].value == "not" and tokens[0].kind == "word":
            tokens, equal = tokens[1:], not equal
        if len(tokens) <= 3 and tokens and tokens[-1].value in ("attisdropped",):
            return not equal  # a dropped column is none of the model's
        at = next(
            (i for i, t in enumerate(tokens) if t.kind == "op" and t.value in (*_EQUAL, *_UNEQUAL, ">")), None
        )
        if at is None:
            return False
        left, sign, right = tokens[:at], tokens[at].value, tokens[at + 1 :]
        if sign == ">":
            return any(t.value == "attnum" for t in left)
        if sign in _UNEQUAL:
            equal = not equal
        if right and right[0].kind != "string" and left and left[0].kind == "string":
            left, right = right, left
        name = _catalog_column(left)
        if name is None or not right:
            return False
        if right[0].kind in ("string", "number"):
            return self._said(name, right, equal, asked)
        if right[0].value in ("current_schema", "current_catalog", "current_database"):
            path = [p for p in self.s.search_path if p not in ("pg_catalog", "pg_temp")]
            if right[0].value == "current_schema" and path:
                asked.said["schema"] = path[0]
            return equal
        return equal and len(right) >= 3 and right[1].value == "." and len(left) >= 3  # a join

    def _said(self, name: str, right: list[Token], equal: bool, asked: Asked) -> bool:
        value = right[0].value
        what = _SAYS.get(name)
        if what is None:
            return False
        kinds = {t.value for t in right[1:]}
        if what == "type_of":
            if "regtype" not in kinds:
                return False
            asked.tests.append((what, value, equal))
            return True
        if what in ("data_type", "udt_name", "length"):
            asked.tests.append((what, value, equal))
            return True
        if not equal:
            return False
        if "regclass" in kinds or what == "relation":
            relation = self.s.find_relation(Cursor.of(value).qualified())
            asked.said["relation"] = relation.label if relation else ""
            return "regclass" in kinds
        if what:
            asked.said["schema" if "regnamespace" in kinds else "type" if "regtype" in kinds else what] = (
                value
            )
        return True

    def _there(self, asked: Asked) -> bool | None:
        said, catalogue = asked.said, self.s.catalogue
        schema = said.get("schema", "")
        relations = [
            r
            for r in catalogue.relations.values()
            if r.kind in asked.kinds
            and (not schema or r.schema == schema)
            and ("table" not in said or r.name == said["table"])
            and ("relation" not in said or r.label == said["relation"])
        ]
        if "constraint" in said:
            # CHECK constraints are not in the model: what it does not have may still be there
            return any(said["constraint"] in r.constraints for r in relations) or None
        if "column" in said or asked.tests:
            return self._columns(relations, said.get("column", ""), asked.tests)
        if "type" in said:
            return any(n == said["type"] and (not schema or s == schema) for s, n in catalogue.types)
        if "extension" in said:
            return said["extension"] in catalogue.extensions
        if "table" in said or "relation" in said:
            return bool(relations)
        return schema in catalogue.schemas if schema else None

    def _columns(
        self, relations: list[Relation], name: str, tests: list[tuple[str, str, bool]]
    ) -> bool | None:
        found = [c for r in relations if r.kind in "rpvmf" for c in r.columns if not name or c.name == name]
        answers = [self._passes(c, tests) for c in found]
        if None in answers:
            return None
        return any(answers)

    def _passes(self, column: Column, tests: list[tuple[str, str, bool]]) -> bool | None:
        if column.type is None:
            return None if tests else True
        for what, value, equal in tests:
            if what == "type_of":
                wanted = self.s.type(Cursor.of(value).type())
                same = wanted.type is column.type.type and wanted.array == column.type.array
            elif what == "length":
                size = column.type.root.mods[0] if column.type.root.mods else ""
                if not size:
                    return False  # NULL equals nothing and differs from nothing
                same = size == value
            else:
                same = value == (_data_type(column.type) if what == "data_type" else _udt_name(column.type))
            if same != equal:
                return False
        return True


def _data_type(ref: TypeRef) -> str:
    """information_schema.columns.data_type"""
    root = ref.root
    if root.array:
        return "ARRAY"
    return (
        str(TypeRef(root.type)).replace("bpchar", "character").strip('"')
        if root.type.schema == "pg_catalog"
        else "USER-DEFINED"
    )


def _udt_name(ref: TypeRef) -> str:
    return ("_" if ref.root.array else "") + ref.root.type.name


def _catalog_column(left: list[Token]) -> str | None:
    """The name of the column on the left: `t.relname`, `lower(relname)` is none."""
    if left and left[-1].kind in ("word", "quoted") and len(left) > 2 and left[-2].value == "::":
        left = left[:-2]
    if len(left) not in (1, 3) or left[-1].kind not in ("word", "quoted"):
        return None
    return left[-1].value


def _compared(c: Cursor) -> bool:
    """Whether the parenthesis that comes next is one side of a comparison."""
    probe = Cursor(c.tokens, c.text)
    probe.i = c.i
    probe.group()
    return probe.peek() not in ("", "and", "or", ")")
