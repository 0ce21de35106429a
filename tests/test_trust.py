"""What a table's owner writes into types, casts, domains and operators never runs with the rights of motjuste's owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motjuste.db.connection import Connection
from watched import BAD, CLEAN, CLEAN_UP, attach, failures, findings, states

pytestmark = pytest.mark.few_rules

MODES = ("flag", "warn", "block", "mask")
REFUSED = "Note refusée"

# The owner's trap counts, in sequences since those outlast a rollback, how often it ran as the one who writes and as another.
TRAP = """
    create sequence t.own; create sequence t.escaped;
    grant all on all sequences in schema t to public;
    create function t.trap() returns text language plpgsql as $$
    begin
        if current_user = session_user then
            perform nextval('t.own');
        else
            perform nextval('t.escaped');
            begin execute 'alter role evil superuser'; exception when others then null; end;
        end if;
        return 'trap';
    end $$;
    -- the planner computes what is immutable and has no arguments, where a function that calls it is inlined
    create function t.folded() returns text language plpgsql immutable as $$ begin return (select t.trap()); end $$;
"""


def casts(kind: str, made: str = "t.trap()") -> str:
    """Each cast that a type's owner can make, from it to a type of the system's; all run the trap."""
    language = "sql immutable" if made == "t.folded()" else "plpgsql"
    body = f"select {made}" if made == "t.folded()" else f"begin return {made}; end"
    ddl = ""
    for target in ("text", "varchar", "name", "bpchar"):
        ddl += f"""
            create function t.{kind}_{target}(t.{kind}) returns {target} language {language} as $$ {body} $$;
            create cast (t.{kind} as {target}) with function t.{kind}_{target} as implicit;
        """
    for target in ("json", "jsonb"):
        ddl += f"""
            create function t.{kind}_{target}(t.{kind}) returns {target} language {language}
                as $$ {body.replace(made, f"to_{target}({made})")} $$;
            create cast (t.{kind} as {target}) with function t.{kind}_{target} as implicit;
        """
    ddl += f"""
        create function t.{kind}_from(text) returns t.{kind} language plpgsql as $$ begin perform t.trap(); return null; end $$;
        create cast (text as t.{kind}) with function t.{kind}_from as implicit;
    """
    return ddl


STATES = ", ".join(f"'v{n}'" for n in range(10))
UNITS = {
    "pair": "create type t.pair as (n int, v text);" + casts("pair"),
    "fold": "create type t.fold as (n int, v text);" + casts("fold", "t.folded()"),
    "state": f"create type t.state as enum ({STATES});" + casts("state"),
    "checked": "create domain t.checked as text check (t.trap() is not null);",
    "number": "create domain t.number as int check (t.trap() is not null);",
    "dp": "create domain t.dp as t.pair check (t.trap() is not null);",
    "span": "create type t.span as range (subtype = t.state);" + casts("span"),
    "holder": "create type t.holder as (p t.pair, l t.pair[]);",
}


@dataclass(frozen=True)
class Kind:
    """A type that an owner can make: of what, its name, and how a number, called %, is written as a value of it."""

    units: tuple[str, ...]
    name: str
    value: str

    @property
    def ddl(self) -> str:
        return "".join(UNITS[u] for u in self.units)

    def of(self, number: int) -> str:
        return self.value.replace("%", str(number))


KINDS = {
    "composite": Kind(("pair",), "t.pair", "row(%, 'x')::t.pair"),
    "folded": Kind(("fold",), "t.fold", "row(%, 'x')::t.fold"),
    "enum": Kind(("state",), "t.state", "'v%'::t.state"),
    "domain": Kind(("checked",), "t.checked", "('n%'::text)::t.checked"),
    "number": Kind(("number",), "t.number", "(%::int)::t.number"),
    "domain_of_composite": Kind(("pair", "dp"), "t.dp", "row(%, 'x')::t.pair::t.dp"),
    "array": Kind(("pair",), "t.pair[]", "array[row(%, 'x')::t.pair]"),
    "array_of_domain": Kind(("checked",), "t.checked[]", "array['n%']::t.checked[]"),
    "range": Kind(("state", "span"), "t.span", "t.span('v%', 'v%', '[]')"),
    "holder": Kind(("pair", "holder"), "t.holder", "row(row(%, 'x')::t.pair, null)::t.holder"),
}

# Each type in some mode on a table of some shape, two of them in all; what else there is the random ones try.
WAYS = [
    *((kind, mode, shape) for kind in ("composite", "domain") for mode in MODES for shape in ("plain", "partitioned")),
    *((kind, MODES[n % 4], ("partitioned", "plain")[n // 2 % 2]) for n, kind in enumerate(KINDS) if kind not in ("composite", "domain")),
]  # fmt: skip
ways = pytest.mark.parametrize(("kind", "mode", "shape"), WAYS)


@dataclass
class Attack:
    """A database that a superuser installed, and an owner of a table who wants to become one."""

    admin: Connection
    dsn: str

    def ran(self) -> tuple[int, int]:
        """How often the trap ran as the writer, and as somebody else."""
        [row] = self.admin.execute("""
            select (select last_value - (not is_called)::int from t.own), (select last_value - (not is_called)::int from t.escaped)
        """).fetchall()
        return row

    def held(self) -> None:
        """Nothing of the owner's ran as anybody but the writer."""
        assert self.ran()[1] == 0
        assert self.admin.execute("select rolsuper from pg_roles where rolname = 'evil'").fetchone() == (
            False,
        )

    @contextmanager
    def session(self, user: str = "evil") -> Iterator[Connection]:
        with psycopg.connect(self.dsn, user=user, autocommit=True) as conn:
            conn.execute("set search_path = t")
            yield conn


def drop(admin: Connection, *roles: str) -> None:
    for name in roles:
        if admin.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone():
            admin.execute(f"drop owned by {name} cascade; drop role {name}".encode())


@contextmanager
def arena(dsn: str) -> Iterator[Attack]:
    with psycopg.connect(dsn, autocommit=True) as admin:
        drop(admin, "evil", "app")
        admin.execute("create role evil login; create role app login; create schema t authorization evil")
        admin.execute("grant usage on schema t to app")
        attack = Attack(admin, dsn)
        try:
            with attack.session() as evil:
                evil.execute(TRAP)
            yield attack
        finally:
            admin.execute(CLEAN_UP.encode())
            drop(admin, "evil", "app")


@pytest.fixture
def attack(shared: str) -> Iterator[Attack]:
    with arena(shared) as attack:
        yield attack


def writes(
    attack: Attack, statements: list[str], mode: str, users: tuple[str, ...] = ("evil", "app")
) -> None:
    """Each statement as the owner and as the application; only a block may refuse one."""
    for user in users:
        with attack.session(user) as conn:
            for statement in statements:
                with suppress(psycopg.Error) if mode == "block" else nothing():
                    conn.execute(statement.encode())
                attack.held()


@contextmanager
def nothing() -> Iterator[None]:
    yield


def table(evil: Connection, shape: str, columns: str, key: str) -> None:
    """A table `client` of that shape: plain, or partitioned by its column `part`."""
    if shape == "partitioned":
        evil.execute(
            f"create table client ({columns}, part int not null, primary key ({key}, part)) partition by list (part);"
            " create table client_0 partition of client for values in (0);"
            " create table client_1 partition of client for values in (1)".encode()
        )
    else:
        evil.execute(f"create table client ({columns}, part int, primary key ({key}))".encode())
    evil.execute("grant select, insert, update, delete, truncate on all tables in schema t to app")


NAIVE = """
    create function public.naive() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
        {}
        return null;
    end $$;
    create trigger naive after insert on t.client for each row execute function public.naive();
"""


@pytest.mark.each_server
@pytest.mark.parametrize("kind", KINDS)
def test_the_trap_itself(attack: Attack, kind: str) -> None:
    """A trigger function that is written as usual falls into it: else the tests below would show nothing."""
    falls = {
        "perform new.id::text;": {"composite", "folded", "enum", "range"},
        "perform to_jsonb(new);": {"enum", "range"},  # a composite is taken apart instead
        "new.id := null; new.id := new.other;": {"domain", "number", "domain_of_composite"},
    }
    # an array, and what holds one, is written by output functions whatever one does
    read = next((r for r, kinds in falls.items() if kind in kinds), "perform new.other;")
    with attack.session() as evil:
        evil.execute(KINDS[kind].ddl.encode())
        evil.execute(f"create table client (id {KINDS[kind].name}, note text, other text)".encode())
        attack.admin.execute(NAIVE.format(read).encode())
        try:
            with suppress(psycopg.Error):
                evil.execute(f"insert into client values ({KINDS[kind].of(1)}, 'x', '1')".encode())
            assert (attack.ran()[1] > 0) == (kind in {k for kinds in falls.values() for k in kinds})
        finally:
            attack.admin.execute("drop function public.naive() cascade; alter role evil nosuperuser")


@ways
def test_a_key_and_an_author_of_an_owners_type(attack: Attack, kind: str, mode: str, shape: str) -> None:
    k = KINDS[kind]
    with attack.session() as evil:
        evil.execute(k.ddl.encode())
        table(evil, shape, f"id {k.name}, note text, author {k.name}, other text", "id")
    attach(attack.admin, mode, "t.client", author_column="author", trust_owner=True)
    for user in ("evil", "app"):
        with attack.session(user) as conn:
            for part, note in enumerate((BAD, CLEAN)):
                write = f"insert into client values ({k.of(part)}, %s, {k.of(7)}, '', {part})"
                if mode == "block" and note == BAD:
                    with pytest.raises(psycopg.Error, match=REFUSED):
                        conn.execute(write.encode(), [note])
                else:
                    conn.execute(write.encode(), [note])
            for change in (f"id = {k.of(5)}", "other = 'x'", f"author = {k.of(3)}", "part = 1 - part"):
                conn.execute(f"update client set {change} where note = %s".encode(), [CLEAN])
            if mode != "block":
                key = attack.admin.execute(f"select concat({k.of(5)})".encode()).fetchone()
                conn.execute("update client set note = %s where note = %s", [BAD + " Oui.", CLEAN])
                [(found, author)] = attack.admin.execute(
                    "select row_key ->> 'id', author from motjuste.finding where status = 'open' and row_key ->> 'id' = %s",
                    key,
                ).fetchall() or [(None, None)]
                assert (found,) == key and author is not None
            conn.execute("delete from client where part = 0")
            conn.execute("truncate client")
        attack.held()
        assert failures(attack.admin) == []
    assert attack.admin.execute("select count(*) from motjuste.finding where status = 'open'").fetchone() == (
        0,
    )
    assert attack.ran()[0] >= 0 and states(attack.admin) == {"installed"}


@ways
def test_a_type_changed_after_attach(attack: Attack, kind: str, mode: str, shape: str) -> None:
    """Of the note, the key and the author, for sessions that wrote before (their functions are planned) and new ones."""
    k = KINDS[kind]
    with attack.session() as evil, attack.session("app") as app:
        evil.execute(k.ddl.encode())
        table(evil, shape, "id int, note text, author text", "id")
        attach(attack.admin, mode, "t.client", author_column="author", trust_owner=True)
        statements = [
            "insert into client values ({id}, {note}, {author}, 0), ({id2}, {note}, null, 1)",
            "update client set note = {note2}",
            "update client set author = null",
            "update client set id = {id3} where part = 1",
            "delete from client where part = 0",
            "truncate client",
        ]
        plain = {
            "id": 1,
            "id2": 2,
            "id3": 3,
            "note": f"'{CLEAN}'",
            "note2": f"'{CLEAN} Oui.'",
            "author": "'zoe'",
        }
        for conn in (evil, app):
            for statement in statements:
                conn.execute(statement.format(**plain).encode())
        changed = dict(plain)
        for column, names in (("author", {"author": 4}), ("note", {"note": 5, "note2": 6}), ("id", {"id": 1, "id2": 2, "id3": 3})):  # fmt: skip
            if column == "id" and shape == "plain":
                evil.execute("alter table client drop constraint client_pkey")
            elif column == "id":
                continue
            changed |= {name: k.of(n) for name, n in names.items()}
            evil.execute(f"alter table client alter {column} type {k.name} using null".encode())
            for conn in (evil, app):
                for statement in statements:
                    with suppress(psycopg.Error) if mode == "block" else nothing():
                        conn.execute(statement.format(**changed).encode())
                    attack.held()
            writes(attack, [s.format(**changed) for s in statements], mode)
        attack.admin.execute("select motjuste.refresh()")
        writes(attack, [s.format(**changed) for s in statements], mode)
        if mode != "block":
            assert failures(attack.admin) == []


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("composite", m) for m in MODES]
    + [("folded", "mask"), ("enum", "flag"), ("domain", "mask"), ("holder", "warn")],
)
def test_a_document_of_an_owners_type(attack: Attack, kind: str, mode: str) -> None:
    """A jsonb column, whose key is watched, becomes of a type with implicit casts to jsonb, which `->>` would take."""
    k = KINDS[kind]
    with attack.session() as evil:
        evil.execute(k.ddl.encode())
        table(evil, "plain", "id int, note jsonb, author text", "id")
    attach(attack.admin, mode, "t.client", json_key="texte", trust_owner=True)
    writes(attack, [f'insert into client values (1, \'{{"texte": "{CLEAN}"}}\')', "truncate client"], mode)
    with attack.session() as evil:
        evil.execute(f"alter table client alter note type {k.name} using null".encode())
    for _ in range(2):
        writes(
            attack,
            [
                f"insert into client values (1, {k.of(1)})",
                f"update client set note = {k.of(2)}",
                "delete from client",
            ],
            mode,
        )
        attack.admin.execute("select motjuste.refresh()")


@pytest.mark.parametrize("mode", MODES)
def test_a_renamed_column_of_an_owners_type(attack: Attack, mode: str) -> None:
    """What a trigger does where names changed is as safe as what it does else."""
    k = KINDS["composite"]
    with attack.session() as evil:
        evil.execute(k.ddl.encode())
        table(evil, "plain", f"id int, note text, author text, extra {k.name}", "id")
        attach(attack.admin, mode, "t.client", author_column="author", trust_owner=True)
        evil.execute("alter table client rename note to remarque; alter table client rename id to numero")
        for user in ("evil", "app"):
            with attack.session(user) as conn:
                if mode == "block":
                    with pytest.raises(psycopg.Error, match=REFUSED):
                        conn.execute(f"insert into client values (1, %s, 'zoe', {k.of(1)})".encode(), [BAD])
                    conn.execute(f"insert into client values (1, %s, 'zoe', {k.of(1)})".encode(), [CLEAN])
                else:
                    conn.execute(f"insert into client values (1, %s, 'zoe', {k.of(1)})".encode(), [BAD])
                    assert findings(attack.admin)[-1] == ({"id": 1}, "open")
                conn.execute("update client set numero = 3; delete from client")
            attack.held()
    assert failures(attack.admin) == [] and "open" not in {f[1] for f in findings(attack.admin)}


def test_an_operator_class_of_the_owners(attack: Attack) -> None:
    """A superuser gave the type of a key an order of its owner's: keys are compared byte by byte, and as jsonb."""
    k = KINDS["composite"]
    with attack.session() as evil:
        evil.execute(k.ddl.encode())
        ddl = ""
        for name, operator in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">")):
            ddl += f"""
                create function t.{name}(t.pair, t.pair) returns boolean language plpgsql as $$
                begin perform t.trap(); return ($1).n {operator} ($2).n; end $$;
                create operator t.{operator} (leftarg = t.pair, rightarg = t.pair, function = t.{name});
            """
        evil.execute(ddl.encode())
        evil.execute("""
            create function t.cmp(t.pair, t.pair) returns int language plpgsql as $$
            begin perform t.trap(); return case when ($1).n < ($2).n then -1 when ($1).n > ($2).n then 1 else 0 end; end $$;
        """)
        attack.admin.execute("""
            create operator class t.ordered default for type t.pair using btree as
                operator 1 t.<, operator 2 t.<=, operator 3 t.=, operator 4 t.>=, operator 5 t.>, function 1 t.cmp(t.pair, t.pair);
            alter operator class t.ordered using btree owner to evil; alter operator family t.ordered using btree owner to evil;
        """)
        table(evil, "plain", "id t.pair, note text", "id")
    attach(attack.admin, "flag", "t.client", trust_owner=True)
    writes(
        attack,
        [
            f"insert into client values (row(1, 'x'), '{BAD}'), (row(2, 'y'), '{BAD}')",
            "update client set id = row(3, 'z') where (id).n = 1",
            "update client set note = note || ' Oui.'",
            "delete from client",
        ],
        "flag",
    )
    assert attack.ran()[0] > 0 and failures(attack.admin) == []


COLUMN = st.sampled_from(["int", "text", *KINDS])


@pytest.mark.first_server
@given(
    st.tuples(COLUMN, COLUMN, COLUMN), st.tuples(COLUMN, COLUMN, COLUMN),
    st.sampled_from(MODES), st.sampled_from(["plain", "partitioned"]), st.booleans(), st.permutations(range(5)), st.booleans(),
)  # fmt: skip
@settings(max_examples=15)
def test_any_types_in_any_order(
    shared: str,
    first: tuple[str, str, str],
    then: tuple[str, str, str],
    mode: str,
    shape: str,
    always: bool,
    order: list[int],
    renamed: bool,
) -> None:
    with arena(shared) as attack:
        with attack.session() as evil, attack.session("app") as app:
            used = {u for kind in (*first, *then) if kind in KINDS for u in KINDS[kind].units}
            evil.execute("".join(UNITS[u] for u in UNITS if u in used).encode())

            def value(kind: str, n: int) -> str:
                return KINDS[kind].of(n) if kind in KINDS else {"int": f"{n}", "text": f"'{BAD} {n}'"}[kind]

            names = [KINDS[k].name if k in KINDS else k for k in first]
            table(evil, shape, f"id {names[0]}, note text, author {names[1]}, other {names[2]}", "id")
            attach(attack.admin, mode, "t.client", author_column="author", always=always, trust_owner=True)
            kinds = {"id": first[0], "note": "text", "author": first[1], "other": first[2]}
            for turn in range(2):
                for conn in (evil, app):
                    statements = [
                        f"insert into client values ({', '.join(value(k, 1) for k in kinds.values())}, 0),"
                        f" ({', '.join(value(k, 2) for k in kinds.values())}, 1)",
                        *(f"update client set {c} = {value(k, 3)} where part = 1" for c, k in kinds.items()),
                        "delete from client where part = 1",
                    ]
                    for n in (0, *(i + 1 for i in order)):
                        with suppress(psycopg.Error):
                            conn.execute(statements[n].encode())
                    conn.execute("delete from client")
                attack.held()
                if turn == 0:
                    for column, kind in zip(("note", "author", "other"), then, strict=True):
                        to = KINDS[kind].name if kind in KINDS else kind
                        evil.execute(f"alter table client alter {column} type {to} using null".encode())
                        kinds[column] = kind
                    if renamed:
                        evil.execute("alter table client rename author to auteur")
                        kinds = {c.replace("author", "auteur"): k for c, k in kinds.items()}
        attack.held()
