"""Random DDL histories, from a seed: statements of every kind that migrations are made of, valid or not.

Whoever uses them runs each on a server first and keeps what the server takes.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

SCHEMAS = ("public", "crm", "Ünï")
TABLES = ("client", "dossier", "appel", "Bloc;Note", "ligne", "t_archive", "select", "contact_2026", "x" * 62)
COLUMNS = ("id", "note", "commentaire", "nom", "obs", "Weird Col", "user", "n", "jour", "details", "c" * 61)
TYPES = (
    "text", "varchar(20)", "character varying(500)", "varchar", "char(3)", "char", "int", "bigint", "smallint", "serial",
    "bigserial", "numeric(10,2)", "numeric", "decimal(5)", "boolean", "date", "timestamp", "timestamptz(3)",
    "timestamp with time zone", "time(0) without time zone", "uuid", "jsonb", "json", "text[]", "int[][]", "bytea", "inet",
    "interval", "interval day to second(2)", "double precision", "float(10)", "real", "bit(4)", "bit varying(8)", "xml",
    "tsvector", "int4range", "pg_catalog.text", "\"char\"", "name", "oid", "money", "varchar(10)[]", "text array", "_text",
)  # fmt: skip
USER_TYPES = ("mood", "crm.level", "court", "crm.texte", "pair")
EXPRESSIONS = (
    "{a}", "{a} as renamed", "count(*)", "lower({a}::text)", "{a}::text as as_text", "coalesce({a}::text, 'x') as c1",
    "case when {a} is null then 'a' else {a}::text end as c2", "'lit' as lit", "1 + 1 as two", "now() as at", "current_date",
    "null as nothing", "array[1, 2] as arr", "(select max(n) from (values (1), (2)) as v (n)) as sub", "true as yes",
    "row_number() over (order by {a}) as rn", "1.5 * 2 as num", "{a} is not null as there", "'a' || {a} as joined",
    "exists (select 1) as e", "extract(epoch from now()) as ep", "jsonb_build_object('a', {a}) as j", "md5({a}::text)",
    "string_agg({a}::text, ',') over () as agg", "array_agg({a}) over () as arr2", "interval '1 day' as span",
    "to_char(now(), 'YYYY') as y", "greatest(1, 2) as g", "nullif({a}, {a}) as ni", "date_trunc('month', now()) as m",
    "{a}::varchar(7) as short", "cast({a} as text)", "substring({a}::text from 1 for 2)", "length({a}::text)", "-1 as neg",
    "now() - interval '1 day' as ago", "(now() - now()) as diff", "current_date + 1 as tomorrow", "1::bigint * 2 as big",
    "round(1.234, 2) as r", "{a} = {a} as same", "not true as no", "{a} in ({a}) as inn", "2 ^ 3 as pw", "10 / 3 as d",
    "trim({a}::text)", "concat({a}, 'x')", "sum(1) over () as s1", "avg(2) over () as a1", "min({a}::text) over () as mi",
    "lag({a}) over (order by {a}) as lg", "gen_random_uuid() as gu", "'{{}}'::jsonb -> 'a' as jx", "'{{}}'::jsonb ->> 'a' as jt",
    "regexp_replace({a}::text, 'a', 'b') as rr", "left({a}::text, 3)", "split_part({a}::text, ',', 1) as sp",
    "array_to_string(array['a'], ',') as ats", "generate_series(1, 2) as gs", "to_jsonb({a}) as tj", "current_user as cu",
    "date_part('year', now()) as dp", "age(now()) as ag", "justify_days(interval '40 days') as jd", "5 % 2 as md",
)  # fmt: skip


class History:
    """A generator of statements; it remembers names that it used, so that later ones meet them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.makers: list[tuple[int, Callable[[], str]]] = [
            (8, self.create_table), (4, self.add_column), (4, self.add_column), (3, self.drop_column), (3, self.rename_column),
            (3, self.change_type), (2, self.rename_table), (2, self.set_schema), (2, self.drop_table), (3, self.partitioned),
            (3, self.partition), (2, self.attach), (1, self.detach), (2, self.inherits), (1, self.inherit), (3, self.like),
            (3, self.create_as), (4, self.view), (2, self.materialized_view), (1, self.drop_view), (2, self.comment),
            (3, self.constraint), (2, self.drop_constraint), (1, self.search_path), (2, self.type), (1, self.rename_type),
            (1, self.drop_type), (1, self.rename_schema), (1, self.index), (1, self.select_into), (1, self.do_block),
            (1, self.several), (1, self.rename_view_column), (1, self.transaction), (1, self.sequence), (1, self.drop_schema),
            (1, self.function), (1, self.rename_constraint), (1, self.temporary), (1, self.generated), (1, self.rename_index),
        ]  # fmt: skip

    def statement(self) -> str:
        """The next statement."""
        weights = [w for w, _ in self.makers]
        [(_, maker)] = self.random.choices(self.makers, weights)
        return maker()

    def pick(self, *values: str) -> str:
        """One of these."""
        return self.random.choice(values)

    def maybe(self, text: str, chance: float = 0.4) -> str:
        """The text, or nothing."""
        return text if self.random.random() < chance else ""

    def name(self, name: str) -> str:
        """A name as SQL wants it, sometimes in capitals that the server folds."""
        if name.isidentifier() and name.islower() and name.isascii() and name not in ("select", "user"):
            return self.pick(name, name, name.upper())
        return '"' + name + '"'

    def schema(self) -> str:
        """A schema."""
        return self.name(self.pick(*SCHEMAS))

    def table(self) -> str:
        """A table's name, with or without its schema."""
        return self.pick(f"{self.schema()}.", "", "", "", "") + self.name(
            self.pick(*TABLES[:4], *TABLES[:4], *TABLES)
        )

    def column(self) -> str:
        """A column's name."""
        return self.name(self.pick(*COLUMNS[:4], *COLUMNS))

    def kind(self) -> str:
        """A type."""
        return self.pick(*TYPES, *USER_TYPES, *USER_TYPES)

    def definition(self) -> str:
        """A column with its constraints."""
        rest = self.pick(
            "", "", "", " not null", " unique", " primary key", " default null", " check (true)", ' collate "C"',
            " constraint nn not null", f" references {self.table()}", " null", " generated by default as identity",
        )  # fmt: skip
        return f"{self.column()} {self.kind()}{rest}"

    def columns(self) -> str:
        """Column definitions with commas between."""
        return ", ".join(self.definition() for _ in range(self.random.randint(1, 5)))

    def create_table(self) -> str:
        keys = self.pick(
            "", "", f", primary key ({self.column()})", f", constraint k unique ({self.column()})",
            f", foreign key ({self.column()}) references {self.table()}", f", check ({self.column()} is not null)",
        )  # fmt: skip
        unlogged = self.maybe("unlogged ", 0.1)
        return f"create {unlogged}table {self.maybe('if not exists ')}{self.table()} ({self.columns()}{keys})"

    def add_column(self) -> str:
        only = self.maybe("only ", 0.1)
        return f"alter table {self.maybe('if exists ', 0.2)}{only}{self.table()} add {self.pick('column ', '')}{self.maybe('if not exists ')}{self.definition()}"

    def drop_column(self) -> str:
        return f"alter table {self.table()} drop column {self.maybe('if exists ')}{self.column()}{self.maybe(' cascade')}"

    def rename_column(self) -> str:
        return (
            f"alter table {self.table()} rename {self.pick('column ', '')}{self.column()} to {self.column()}"
        )

    def change_type(self) -> str:
        kind = self.kind()
        return f"alter table {self.table()} alter {self.pick('column ', '')}{self.column()} {self.pick('set data ', '')}type {kind} using null"

    def rename_table(self) -> str:
        return f"alter {self.pick('table', 'table', 'view')} {self.table()} rename to {self.name(self.pick(*TABLES))}"

    def set_schema(self) -> str:
        return f"alter table {self.table()} set schema {self.schema()}"

    def drop_table(self) -> str:
        return f"drop table {self.maybe('if exists ')}{self.table()}{self.maybe(f', {self.table()}', 0.1)}{self.maybe(' cascade')}"

    def partitioned(self) -> str:
        return f"create table {self.table()} (id int not null, {self.columns()}) partition by range (id)"

    def partition(self) -> str:
        low = self.random.randrange(0, 1000, 10)
        return f"create table {self.table()} partition of {self.table()} {self.pick(f'for values from ({low}) to ({low + 10})', 'default')}"

    def attach(self) -> str:
        low = self.random.randrange(1000, 2000, 10)
        return f"alter table {self.table()} attach partition {self.table()} for values from ({low}) to ({low + 10})"

    def detach(self) -> str:
        return f"alter table {self.table()} detach partition {self.table()}"

    def inherits(self) -> str:
        return f"create table {self.table()} ({self.maybe(self.columns())}) inherits ({self.table()})"

    def inherit(self) -> str:
        return f"alter table {self.table()} {self.pick('', 'no ')}inherit {self.table()}"

    def like(self) -> str:
        options = self.pick(
            "",
            " including all",
            " including comments",
            " including indexes excluding comments",
            " including generated",
        )
        return f"create table {self.table()} (like {self.table()}{options}{self.maybe(', ' + self.definition())})"

    def query(self) -> str:
        """A SELECT over one or two tables."""
        if self.random.random() < 0.3:
            return f"select * from {self.table()}"
        a = self.pick(*COLUMNS)
        quoted = f'x."{a}"'
        listed = ", ".join(
            dict.fromkeys(
                self.random.choice(EXPRESSIONS).format(a=quoted) for _ in range(self.random.randint(1, 5))
            )
        )
        source = self.pick(
            f"{self.table()} as x", f"{self.table()} x", f"(select * from {self.table()}) as x",
            f"{self.table()} x left join {self.table()} y on true", f"{self.table()} x cross join generate_series(1, 2) as g",
            f"{self.table()} x, lateral (select 1 as one) l",
        )  # fmt: skip
        head = self.pick("", "", f"with w as (select * from {self.table()}) ")
        if head:
            source = "w as x"
        if "count(*)" in listed:
            return f"{head}select count(*) from {source}"
        union = self.maybe(f" union all select {listed} from {source}", 0.15)
        return f"{head}select {listed} from {source}{union}{self.maybe(' where true', 0.3)}{self.maybe(' limit 1', 0.1)}"

    def create_as(self) -> str:
        return f"create table {self.maybe('if not exists ')}{self.table()} as {self.query()}{self.maybe(' with no data')}"

    def view(self) -> str:
        return f"create {self.pick('', 'or replace ')}view {self.table()} as {self.query()}"

    def materialized_view(self) -> str:
        return f"create materialized view {self.maybe('if not exists ')}{self.table()} as {self.query()} with no data"

    def drop_view(self) -> str:
        return f"drop {self.pick('', 'materialized ')}view {self.maybe('if exists ')}{self.table()}{self.maybe(' cascade')}"

    def comment(self) -> str:
        text = self.pick("'texte libre'", "'it''s'", "null", "E'a\\nb'", "'a' \n 'b'")
        return f"comment on column {self.table()}.{self.column()} is {text}"

    def constraint(self) -> str:
        named = self.pick("", "constraint k2 ")
        what = self.pick(
            f"unique ({self.column()})", f"primary key ({self.column()})", f"foreign key ({self.column()}) references {self.table()} ({self.column()})",
            f"check ({self.column()} is not null)", f"unique ({self.column()}, {self.column()})",
        )  # fmt: skip
        return f"alter table {self.table()} add {named}{what}"

    def drop_constraint(self) -> str:
        table = self.pick(*TABLES)
        name = self.pick(
            "k",
            "k2",
            f"{table}_pkey",
            f"{table}_{self.pick(*COLUMNS)}_key",
            f"{table}_{self.pick(*COLUMNS)}_fkey",
        )
        return f'alter table "{table}" drop constraint {self.maybe("if exists ")}"{name}"{self.maybe(" cascade")}'

    def rename_constraint(self) -> str:
        return f"alter table {self.table()} rename constraint k to k2"

    def search_path(self) -> str:
        return self.pick(
            "set search_path to crm, public", "set search_path = public", "reset search_path", 'set search_path to "Ünï"',
            "select pg_catalog.set_config('search_path', 'crm', false)", "set local search_path to crm", "set search_path to default",
        )  # fmt: skip

    def type(self) -> str:
        return self.pick(
            "create type mood as enum ('a', 'b')", "create type crm.level as enum ()", "create domain court as varchar(40)",
            "create domain crm.texte as text check (true)", "create type pair as (a int, b text)",
            "create domain court as text", "create type mood as (x varchar(9))", "alter type pair add attribute c text",
        )  # fmt: skip

    def rename_type(self) -> str:
        return self.pick(
            "alter type mood rename to humeur", "alter domain court rename to mood", "alter type crm.level set schema public",
            "alter type humeur rename to mood", "alter type mood add value 'c'", "alter domain crm.texte set schema public",
        )  # fmt: skip

    def drop_type(self) -> str:
        return f"drop {self.pick('type', 'domain')} {self.maybe('if exists ')}{self.pick(*USER_TYPES)}{self.maybe(' cascade')}"

    def rename_schema(self) -> str:
        return self.pick(
            "alter schema crm rename to crm2",
            "alter schema crm2 rename to crm",
            "create schema if not exists crm",
        )

    def drop_schema(self) -> str:
        return self.pick(
            "drop schema if exists crm2 cascade",
            "create schema crm",
            "create schema crm create table dans (note text)",
        )

    def index(self) -> str:
        return f"create {self.maybe('unique ')}index {self.pick('', 'ix ', 'if not exists ix2 ')}on {self.table()} ({self.column()})"

    def rename_index(self) -> str:
        return self.pick(
            "alter index ix rename to ix2",
            "drop index if exists ix",
            f"alter table {self.table()} add constraint k3 unique using index ix",
        )

    def select_into(self) -> str:
        return f"select * into {self.table()} from {self.table()}"

    def sequence(self) -> str:
        return self.pick(
            "create sequence if not exists client_id_seq",
            f"drop sequence if exists {self.schema()}.ligne_id_seq cascade",
        )

    def function(self) -> str:
        return self.pick(
            "create or replace function f1(a int, out b text, out c int) language sql as $$ select 'x', 1 $$",
            f"create view {self.table()} as select * from f1(1)",
            "create or replace function f2(a text default 'x') returns table (p int, q varchar) language sql as $$ select 1, 'a'::varchar $$",
            f"create table {self.table()} as select f.q, f.p as w from f2() f",
        )  # fmt: skip

    def temporary(self) -> str:
        return self.pick(
            "create temp table provisoire (note text)",
            f"create temporary table {self.name(self.pick(*TABLES))} (note text)",
        )

    def generated(self) -> str:
        return f"alter table {self.table()} add column gen text generated always as ('x') stored"

    def several(self) -> str:
        return (
            f"alter table {self.table()} add column {self.definition()}, drop column if exists {self.column()}, "
            f"alter column {self.column()} drop not null, alter {self.column()} set default null"
        )

    def rename_view_column(self) -> str:
        return f"alter view {self.table()} rename column {self.column()} to {self.column()}"

    def do_block(self) -> str:
        name = self.pick("mood", "pair")
        return self.pick(
            f"do $$ begin if not exists (select 1 from pg_type where typname = '{name}') then create type {name} as enum ('x'); end if; end $$",
            f"do $$ begin create type {name} as enum ('a'); exception when duplicate_object then null; end $$",
            "do $x$ begin if exists (select from information_schema.columns where table_name = 'client' and column_name = 'note') "
            "then alter table client rename note to obs; end if; exception when others then null; end $x$",
            "do $$ declare n int := 1; begin alter table dossier add column note text; "
            "exception when duplicate_column or undefined_table then raise notice 'no'; end $$ language plpgsql",
            f"do $$ begin execute 'alter table {self.pick('client', 'dossier')} add column if not exists dyn text'; exception when others then null; end $$",
        )

    def transaction(self) -> str:
        return self.pick("begin", "commit", "rollback", "begin", "commit")
