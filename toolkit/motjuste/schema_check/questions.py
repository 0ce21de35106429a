"""Queries over literals and the catalog: their rows, as far as the files alone tell."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from motjuste.schema_check import clauses
from motjuste.schema_check.answers import Answers, Env, Found
from motjuste.schema_check.clauses import AFTER_FROM, JOINS, SETS, select, with_queries
from motjuste.schema_check.cursor import Cursor, NotUnderstood
from motjuste.schema_check.functions import FUNCTIONS
from motjuste.schema_check.lexer import Token
from motjuste.schema_check.logic import HOLE, compare
from motjuste.schema_check.rows import TABLES, UNKNOWN, Row
from motjuste.schema_check.scope import is_query
from motjuste.schema_check.session import Refused

MANY = 20_000  # more rows than that are not followed
_SEVERAL = ("unnest", "generate_series", "string_to_table", "regexp_split_to_table")


class Questions(Answers):
    """Answers whose queries are read."""

    def query(self, c: Cursor, env: Env) -> Found:
        """The rows of a query over literals and the catalog. What is not known is said in the result, never raised."""
        try:
            return self._query(c.again(), env)
        except Refused:
            raise
        except NotUnderstood:
            return Found(sure=False)

    def _query(self, c: Cursor, env: Env) -> Found:
        if c.sees("("):
            inside = c.group()
            return Found(sure=False) if c else self._query(inside, env)
        if c.take("with"):
            env = self._with(c, env)
        if c.take("values"):
            made = [
                [self.value(v, env) for v in part.group().parts()] for part in c.until(*AFTER_FROM).parts()
            ]
            return Found([{f"column{n}": v for n, v in enumerate(values, 1)} for values in made])
        c.need("select")
        asked = select(c)
        rest = {t.value for t in c.tail().tokens if t.kind == "word"}
        if asked.filters.keys() & {"group", "having"} or rest & {*SETS}:
            return Found(sure=False)
        from_ = _From(self, env, _conjuncts(asked.filters["where"]) if "where" in asked.filters else [])
        from_.read(asked.sources)
        found = Found([], from_.sure, from_.perhaps)
        if self._aggregates(asked.listed):
            if not found.complete:
                return Found([dict.fromkeys(map(self._output_name, asked.listed.parts()), UNKNOWN)])
            flat = [dict(entries) for entries in from_.entries]
            return Found([self._outputs(asked.listed, Env(env.variables, env.items, flat, env.ctes))])
        for entries in from_.entries:
            for row in self._expanded(asked.listed, env.with_(*entries), found):
                self.s.spend(1 + (len(found.rows) if asked.distinct else 0))
                if len(found.rows) > MANY:
                    raise NotUnderstood("too many rows")
                if not (asked.distinct and row in found.rows):
                    found.rows.append(row)
        c.until("limit")
        most = self.value(c.until("offset", "for"), env) if c.take("limit") else UNKNOWN
        several, all_of_them = len(found.rows) > 1, isinstance(most, int) and len(found.rows) <= most
        if "offset" in rest or "fetch" in rest or ("limit" in rest and not all_of_them):
            found.rows = found.rows[: int(most != 0)]
            found.perhaps = found.perhaps or several or "offset" in rest
        found.perhaps = found.perhaps or (asked.on and several)
        return found

    def _aggregates(self, listed: Cursor) -> bool:
        """Whether a select list calls an aggregate function, and not in a query of its own."""
        queries: list[bool] = []  # of each parenthesis around: whether a query stands in it
        for token, after in pairwise(listed.tokens):
            if token.kind == "op" and token.value in "()":
                queries = (
                    [*queries, after.value in ("select", "with")] if token.value == "(" else queries[:-1]
                )
            elif token.kind == "word" and after.value == "(" and not any(queries):
                called = self.s.builtins.functions.get(token.value)
                if called and all(f.aggregate for f in called):
                    return True
        return False

    def _with(self, c: Cursor, env: Env) -> Env:
        """The queries of a WITH, after that word."""
        env = Env(env.variables, env.items, ctes=dict(env.ctes))
        for name, names, inside in with_queries(c):
            found = self.query(inside, env)
            env.ctes[name] = Found([_renamed(r, names, name) for r in found.rows], found.sure, found.perhaps)
        return env

    def _expanded(self, listed: Cursor, env: Env, found: Found) -> list[Row]:
        """The rows that a row of FROM gives: several where the list calls a function that gives several."""
        row = self._outputs(listed, env)
        for part, name in zip(list(listed.again().parts()), list(row), strict=False):
            if part.peek() in _SEVERAL and part.peek(1) == "(":
                called = part.name()
                several = _From(self, env, []).set_returning("", called, part.group()).rows(env, "")
                found.sure = found.sure and several.sure
                return [row | {name: next(iter(r.values()))} for r in several.rows]
        return [row]

    def _outputs(self, listed: Cursor, env: Env) -> Row:
        row: Row = {}
        for part in listed.again().parts():
            if part.sees("*"):
                for _, values in env.items:
                    row |= values
                continue
            if len(part.tokens) == 3 and part.tokens[-1].value == "*" and part.tokens[1].value == ".":
                for alias, values in env.items:
                    row |= values if alias == part.tokens[0].value else {}
                continue
            name = self._output_name(part)
            try:
                value = self.expression(part, env)
                clauses.alias(part)
                if part:
                    value = UNKNOWN
            except Refused:
                raise
            except NotUnderstood:
                value = UNKNOWN
            row[name if name not in row else f"{name}{len(row)}"] = value
        return row

    @staticmethod
    def _output_name(part: Cursor) -> str:
        last = part.tokens[-1]
        if last.is_name:
            return last.value
        called = (t.value for t, after in pairwise(part.tokens) if t.kind == "word" and after.value == "(")
        return next(called, "?column?")


class _Make(NamedTuple):
    """How an entry of FROM gets its rows; `lateral`: they may hang on the entries before."""

    rows: Callable[[Env, str], Found]
    lateral: bool = False


class _From:
    """FROM and WHERE: the entries that stay, each a list of (alias, row)."""

    def __init__(self, answers: Answers, env: Env, conditions: list[Cursor]) -> None:
        self.answers = answers
        self.env = env
        self.conditions = conditions
        self.entries: list[list[tuple[str, Row]]] = [[]]
        self.sure = True
        self.perhaps = False
        self.seen: set[str] = set()

    def read(self, sources: Cursor) -> None:
        """Read the entries of FROM one after the other, conditions as soon as what they name is there."""
        while sources:
            side = sources.any_of("left", "right", "full", "natural", "cross", "inner", ",")
            if side in ("right", "full", "natural"):
                raise NotUnderstood(f"{side} join")
            sources.take("outer")
            sources.take("join")
            self.one(sources, outer=side == "left")
        self.filter()

    def one(self, c: Cursor, *, outer: bool) -> None:
        lateral = c.take("lateral")
        c.take("only")
        name = ""
        if c.sees("("):
            inside = c.group()
            if not is_query(inside):
                raise NotUnderstood("a join in parentheses")
            make = _Make(lambda env, _: self.answers.query(inside, env), lateral)
        else:
            *schema, name = c.dotted()
            called = c.sees("(")
            make = (
                self.set_returning("".join(schema[-1:]), name, c.group())
                if called
                else self._catalog(schema, name)
            )
        if c.take("with", "ordinality"):
            raise NotUnderstood("WITH ORDINALITY")
        alias, columns = clauses.alias(c)
        renamed = [p.name() for p in columns]
        on: list[Cursor] = []
        using: list[str] = []
        if c.take("on"):
            on = _conjuncts(c.until(*JOINS, ","))
        elif c.take("using"):
            using = c.list_of_names()
        self.join(alias or name, make, renamed, on, using, outer=outer)

    def join(
        self,
        alias: str,
        make: _Make,
        renamed: list[str],
        on: list[Cursor],
        using: list[str],
        *,
        outer: bool,
    ) -> None:
        """Put the rows of one more entry beside those that are there."""
        self.seen.add(alias)
        before, self.entries = self.entries, []
        alone = [w for w in [*on, *([] if outer else self.conditions)] if self._alone(w, alias)]
        cached: list[Row] | None = None
        for entry in before:
            self.answers.s.spend(1 + len(entry))
            if cached is None or make.lateral:
                found = make.rows(self.env.with_(*entry), alias)
                self.sure = self.sure and found.sure
                self.perhaps = self.perhaps or found.perhaps
                cached = [_renamed(r, renamed, alias) for r in found.rows]
                self.answers.s.spend(len(cached))
                cached = [r for r in cached if self._holds(alone, [(alias, r)])]
            size = len(self.entries)
            self.answers.s.spend(len(cached) * (1 + len(entry)))
            for row in cached:
                if self._same(using, entry, row) and self._holds(on, [*entry, (alias, row)]):
                    self.entries.append([*entry, (alias, row)])
            if outer and len(self.entries) == size:
                self.entries.append([*entry, (alias, {})])
            if len(self.entries) > MANY:
                raise NotUnderstood("too many rows")

    @staticmethod
    def _same(using: list[str], entry: list[tuple[str, Row]], row: Row) -> bool:
        for name in using:
            other = next((r[name] for _, r in entry if name in r), UNKNOWN)
            if compare("=", other, row.get(name, UNKNOWN)) is False:
                return False
        return True

    def filter(self) -> None:
        """Keep the entries for which the conditions hold, or may."""
        kept = []
        for entry in self.entries:
            self.answers.s.spend(1 + len(entry))
            env = self.env.with_(*entry)
            answers = [self.answers.value(w, env) for w in self.conditions]
            if not any(a is False or a is None for a in answers):
                self.perhaps = self.perhaps or any(a is UNKNOWN for a in answers)
                kept.append(entry)
        self.entries = kept

    def _holds(self, conditions: list[Cursor], entry: list[tuple[str, Row]]) -> bool:
        env = self.env.with_(*entry)
        for w in conditions:
            answer = self.answers.value(w, env)
            if answer is False or answer is None:
                return False
            if answer is UNKNOWN and w not in self.conditions:
                self.perhaps = True
        return True

    def _alone(self, condition: Cursor, alias: str) -> bool:
        """Whether a condition names this entry only, so that it can be asked before the join."""
        if any(t.value in ("select", "exists") for t in condition.tokens):
            return False
        tables, others = _tables(condition), {*self.seen, *self.env.variables} - {alias}
        return (bool(tables) or len(self.seen) == 1) and tables.isdisjoint(others)

    def _catalog(self, schema: list[str], name: str) -> _Make:
        cte = self.env.ctes.get(name) if not schema else None
        if cte is not None:
            return _Make(lambda env, _: cte)
        rows = TABLES.get(f"{schema[-1] if schema else 'pg_catalog'}.{name}")
        if rows is None:
            return _Make(lambda env, _: Found(sure=False))
        s = self.answers.s
        return _Make(lambda env, alias: Found(list(rows(s, self._wanted(env, alias)))))

    def _wanted(self, env: Env, alias: str) -> dict[str, str]:
        """What the conditions ask of the columns by `name = 'text'`, to look up and not to read through."""
        found: dict[str, str] = {}
        for w in self.conditions:
            sides = _sides(w, alias)
            if sides is not None:
                value = self.answers.value(sides[1], env)
                if isinstance(value, str) and HOLE not in value:
                    found.setdefault(sides[0], value)
        return found

    def set_returning(self, schema: str, name: str, inside: Cursor) -> _Make:
        def rows(env: Env, _: str) -> Found:
            values = [self.answers.value(p, env) for p in inside.again().parts()]
            listed: Any = values[0] if name == "unnest" and len(values) == 1 else UNKNOWN
            if name in ("string_to_table", "regexp_split_to_table"):
                listed = FUNCTIONS[name.replace("table", "array")](self.answers.text, values)
            if (
                name == "generate_series"
                and len(values) in (2, 3)
                and all(isinstance(v, int) for v in values)
            ):
                step = values[2] if len(values) == 3 else 1
                numbers = range(values[0], values[1] + (1 if step > 0 else -1), step or 1)
                # len() of a range has its own limit: the one after the last allowed is looked for
                listed = list(numbers[: MANY + 1]) if step and not numbers[MANY : MANY + 1] else UNKNOWN
            if isinstance(listed, list):
                return Found([{name: v} for v in listed])
            for function in self.answers.functions((schema, name), len(values)):
                self.answers.call_function(function, values)
            return Found(sure=False)

        return _Make(rows, lateral=True)


def _renamed(row: Row, names: list[str], alias: str) -> Row:
    if names:
        return dict(zip(names, row.values(), strict=False)) | dict(list(row.items())[len(names) :])
    if len(row) == 1 and next(iter(row)) in _SEVERAL:
        return {alias: next(iter(row.values()))}
    return row


def _conjuncts(c: Cursor) -> list[Cursor]:
    """A condition cut at the ANDs that stand in no parentheses; whole where it has an OR, or a BETWEEN."""
    c = c.again()
    depth = 0
    for t in c.tokens:
        depth += (t.value in ("(", "[")) - (t.value in (")", "]")) if t.kind == "op" else 0
        if depth == 0 and t.kind == "word" and t.value in ("or", "between", "case"):
            return [c]
    found = []
    while c:
        part = c.until("and")
        c.take("and")
        found.append(part)
    return found


def _sides(c: Cursor, alias: str) -> tuple[str, Cursor] | None:
    """(column, other side) of `column = something`, the column of this entry."""
    at = next((i for i, t in enumerate(c.tokens) if t.kind == "op" and t.value == "="), None)
    if at not in (1, 3) or any(t.value in ("and", "or", "any", "all") for t in c.tokens):
        return None
    left, right = c.tokens[:at], Cursor(c.tokens[at + 1 :], c.text)
    of_entry = len(left) == 1 or (left[1].value == "." and left[0].value == alias)
    if not left[-1].is_name or not of_entry or (_tables(right) and right.kind() != "string"):
        return None
    return left[-1].value, right


def _tables(c: Cursor) -> set[str]:
    """The names that stand before a dot and behind none."""
    around = zip([Token("", "", 0, ""), *c.tokens], c.tokens, c.tokens[1:], strict=False)
    return {
        t.value for before, t, after in around if t.is_name and after.value == "." and before.value != "."
    }
