"""The command line runs nobody's code with the rights of who calls it: every command, as a superuser, on a database full of traps.

A trap writes who runs it to the server's log, which it can in a read-only transaction too, and no rollback takes back.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.pq import TransactionStatus

from conftest import Cluster
from flow import BAD, GOOD
from motjuste.cli.main import motjuste
from motjuste.db import connection, reading, redact, restore, retention, trust
from motjuste.db.connection import Connection
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.migration.escrow import Original

pytestmark = pytest.mark.few_rules

ROLES = """
do $$ begin
    if not exists (select from pg_roles where rolname = 'alice') then create role alice login; end if;
    if not exists (select from pg_roles where rolname = 'ops') then create role ops login; end if;
end $$;
grant ops to alice;
revoke ops from alice;
"""

TRAPS = """
create schema trap authorization alice;
grant usage on schema trap to public;
grant create on schema public to alice;
set session authorization alice;
create function trap.sprung() returns boolean language plpgsql immutable as $$
begin
    raise log 'trap sprung in % as %', pg_catalog.current_database(), current_user;
    return true;
end $$;
create function trap.on_row() returns trigger language plpgsql as $$
begin
    execute 'reset role';
    perform trap.sprung();
    begin
        execute 'alter role alice createrole';
    exception
        when insufficient_privilege then null;
    end;
    return new;
end $$;
"""

# what stands in the path of whoever looks for it there
PATH = """
create function public.same(oid, regclass) returns boolean language plpgsql as $$ begin perform trap.sprung(); return $1 = $2::pg_catalog.oid; end $$;
create operator public.= (leftarg = oid, rightarg = regclass, function = public.same);
create function public.same(name, text) returns boolean language plpgsql as $$ begin perform trap.sprung(); return $1::pg_catalog.text operator(pg_catalog.=) $2; end $$;
create operator public.= (leftarg = name, rightarg = text, function = public.same);
create function public.same("char", text) returns boolean language plpgsql as $$ begin perform trap.sprung(); return $1::pg_catalog.text operator(pg_catalog.=) $2; end $$;
create operator public.= (leftarg = "char", rightarg = text, function = public.same);
create function public.joined(text, name) returns text language plpgsql as $$ begin perform trap.sprung(); return pg_catalog.concat($1, $2); end $$;
create operator public.|| (leftarg = text, rightarg = name, function = public.joined);
create function public.format(text, name, name) returns text language plpgsql as $$ begin perform trap.sprung(); return pg_catalog.format($1, $2, $3); end $$;
create function public.format(text, name, name, name) returns text language plpgsql as $$ begin perform trap.sprung(); return pg_catalog.format($1, $2, $3, $4); end $$;
create function public.length(varchar) returns int language plpgsql as $$ begin perform trap.sprung(); return 1; end $$;
create function public.to_regclass(varchar) returns regclass language plpgsql as $$ begin perform trap.sprung(); return pg_catalog.to_regclass($1::text); end $$;
create function public.coalesced(smallint, int) returns boolean language plpgsql as $$ begin perform trap.sprung(); return $1::int operator(pg_catalog.>) $2; end $$;
create operator public.> (leftarg = smallint, rightarg = int, function = public.coalesced);
"""

# tables that are alice's, with all that she can put there; `plain` has nothing but the path's traps
TABLES = """
create schema crm authorization alice;
create foreign data wrapper nothing;
create server nowhere foreign data wrapper nothing;
grant usage on foreign server nowhere to alice;
set session authorization alice;
create table crm.client (id int primary key, nom text);
insert into crm.client values (1, 'Dupont'), (2, 'Durand');
create table crm.plain (id int primary key, client_id int references crm.client, note text, saisi_le date default '2020-01-01');
create table crm.indexed (id int primary key, client_id int references crm.client, note text);
create index on crm.indexed (id) where trap.sprung();
create table crm.expressed (id int primary key, client_id int references crm.client, note text);
create index on crm.expressed ((trap.sprung()));
create table crm.counted (id int primary key, client_id int references crm.client, note text);
create table crm.parted (id int, client_id int, note text) partition by range ((trap.sprung()::int + id));
create table crm.parted_all partition of crm.parted default;
create table crm.checked (id int primary key, client_id int references crm.client, note text, check (trap.sprung()));
create table crm.child () inherits (crm.checked);
create table crm.triggered (id int primary key, client_id int references crm.client, note text);
create type crm.mood as enum ('gai', 'triste');
create function trap.mood_text(crm.mood) returns text language plpgsql as $$ begin perform trap.sprung(); return 'gai'; end $$;
create function trap.mood_json(crm.mood) returns json language plpgsql as $$ begin perform trap.sprung(); return '1'; end $$;
create function trap.text_mood(text) returns crm.mood language plpgsql as $$ begin perform trap.sprung(); return 'gai'; end $$;
create cast (crm.mood as text) with function trap.mood_text(crm.mood);
create cast (crm.mood as json) with function trap.mood_json(crm.mood);
create cast (text as crm.mood) with function trap.text_mood(text) as assignment;
create domain crm.number as int check (trap.sprung() and value > 0);
create type crm.pair as (a crm.number, b crm.mood);
create type crm.jsonb as (note text);
create foreign table crm.loin (id int, client_id int, note text) server nowhere;
create table crm.felt (humeur crm.mood primary key, client_id int references crm.client, note text, auteur crm.mood);
create table crm.numbered (numero crm.number primary key, client_id int references crm.client, note text);
create table crm.paired (paire crm.pair primary key, client_id int references crm.client, note text);
create table crm.documented (id int primary key, client_id int references crm.client, note crm.jsonb);
create table crm.about (id int primary key, humeur crm.mood references crm.felt, note text);
"""
NOTED = ("plain", "indexed", "expressed", "counted", "parted", "checked", "child", "triggered")
ROWS = (
    "".join(f"insert into crm.{t} values (1, 1, '{BAD}'), (2, 2, '{GOOD}');" for t in NOTED)
    + f"""
insert into crm.felt values ('gai', 1, '{BAD}', 'triste');
insert into crm.numbered values (1, 1, '{BAD}');
insert into crm.paired values ((1, 'gai'), 1, '{BAD}');
insert into crm.documented values (1, 1, row('{BAD}'));
insert into crm.about values (1, 'gai', '{BAD}');
create view crm.vue as select id, client_id, note from crm.plain where trap.sprung();
create materialized view crm.copie as select id, note from crm.plain;
create trigger t before update on crm.triggered for each row execute function trap.on_row();
create constraint trigger late after update on crm.triggered deferrable initially deferred for each row execute function trap.on_row();
reset session authorization;
"""
)
STATISTICS = "create statistics crm.st on (trap.sprung()::text || note), id from crm.counted;"
COLUMNS = [f"crm.{t}.note" for t in (*NOTED, "felt", "numbered", "paired", "about")]


@dataclass
class Trapped:
    """A database full of traps, and the commands run on it."""

    dsn: str
    folder: Path
    log: Path
    start: int = 0

    def run(self, *args: str, user: str = "postgres", keys: str = "") -> Result:
        """Run a command; its result, an error of ours as its exception."""
        dsn = self.dsn.replace("user=postgres", f"user={user}")
        return CliRunner().invoke(motjuste, list(args), input=keys, env={"MOTJUSTE_DSN": dsn})

    def refused(self, *args: str, user: str = "postgres") -> str:
        """The message of the error that a command ends with; it has a way out."""
        result = self.run(*args, user=user)
        assert isinstance(result.exception, MotjusteError), result.output
        assert result.exception.hint
        return f"{result.exception.message} {result.exception.hint}"

    def fine(
        self, *args: str, user: str = "postgres", codes: tuple[int, ...] = (0, 1), keys: str = ""
    ) -> str:
        """What a command prints that could run."""
        result = self.run(*args, user=user, keys=keys)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert result.exit_code in codes, result.output
        return result.output

    def execute(self, query: str, user: str = "postgres") -> None:
        with psycopg.connect(self.dsn.replace("user=postgres", f"user={user}"), autocommit=True) as conn:
            conn.execute(query.encode())

    def one(self, query: str) -> object:
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            conn.execute("set search_path = pg_catalog, pg_temp")
            row = conn.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def ran(self, role: str = "postgres") -> bool:
        """Whether a trap ran as this role."""
        with self.log.open(errors="replace") as stream:
            stream.seek(self.start)
            return f"trap sprung in {self.one('select current_database()')} as {role}" in stream.read()

    def forget(self) -> None:
        """What ran so far was the test's own doing."""
        self.start = self.log.stat().st_size

    @property
    def risen(self) -> bool:
        """Whether alice has gained a right."""
        return bool(self.one("select rolsuper or rolcreaterole from pg_roles where rolname = 'alice'"))

    def safe(self) -> None:
        """Nothing ran as the superuser, and nobody has gained a right."""
        assert not self.ran()
        assert not self.risen


@pytest.fixture
def trapped(
    installed: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trapped]:
    """A database whose tables are alice's, and whose path is hers too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    made = Trapped(installed, tmp_path, cluster.server.folder / "log")
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute(ROLES)
        conn.execute("alter role alice nosuperuser nocreaterole")
        conn.execute(TRAPS)
        conn.execute("reset session authorization")
        conn.execute(TABLES)
        conn.execute(ROWS)
        conn.execute("set session authorization alice")
        conn.execute(PATH)
        conn.execute("reset session authorization")
    made.forget()
    assert not made.ran()
    yield made
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("set search_path = pg_catalog, pg_temp")
        conn.execute("alter role alice nosuperuser nocreaterole")
        conn.execute("drop owned by alice, ops cascade")


def test_the_traps_are_real(trapped: Trapped) -> None:
    """Each would catch a superuser who does by hand what our commands do not."""
    for query in (
        "select note from crm.indexed where id = 1",
        "select note from crm.expressed",
        "select note from crm.checked where id = 1",
        "select note from crm.vue",
        "select jsonb_build_object('k', humeur) from crm.felt",
        "select humeur::text from crm.felt",
        "select from pg_class where oid = 'pg_class'::regclass",
        "set role alice; update crm.triggered set note = 'x' where id = 1",
    ):
        trapped.forget()
        trapped.execute(query)
        assert trapped.ran(), query
    assert trapped.risen


def test_discover_reads_no_view_and_runs_nothing(trapped: Trapped) -> None:
    said = trapped.fine("discover", "--schema", "crm")
    trapped.safe()
    assert "crm.vue.note" in said  # judged by its name
    assert "crm.vue is a view" in said
    assert "crm.loin is a foreign table" in said
    assert "crm.indexed: index" in said
    assert "crm.documented.note" not in said  # a row of alice's, whatever its type calls itself
    trapped.fine("discover", "--check", codes=(0, 1))
    trapped.safe()


def test_discover_reads_no_view_for_another_role_either(trapped: Trapped) -> None:
    trapped.execute("grant usage on schema crm to ops; grant select on all tables in schema crm to ops")
    trapped.fine("discover", "--schema", "crm", user="ops")
    assert not trapped.ran("ops")
    trapped.fine("discover", "--schema", "crm", "--read-views", user="ops")
    assert trapped.ran("ops")


def test_scan_says_what_it_does_not_read(trapped: Trapped) -> None:
    result = trapped.run("scan", *COLUMNS, "--skip-unreadable")
    assert result.exit_code == 1, result.output
    trapped.safe()
    for name in ("indexed", "expressed"):
        assert f"crm.{name}" in result.output
    assert "--trust-owner" in result.output
    found = trapped.one("select count(distinct relation) from motjuste.finding")
    read = {
        "plain",
        "checked",
        "child",
        "triggered",
        "felt",
        "numbered",
        "paired",
        "about",
        "counted",
        "parted",
    }
    assert found == len(read)


def test_the_server_itself_refuses_what_takes_the_place_of_a_table(trapped: Trapped) -> None:
    with pytest.raises(DatabaseError, match="restricted"), connection.connect(trapped.dsn) as conn:
        reading.prepare(conn)
        conn.execute("select note from crm.vue")
    trapped.safe()


def test_no_other_table_takes_the_name_while_a_superuser_reads(trapped: Trapped) -> None:
    """A schema is renamed also while its tables are locked; another one of that name may hold what it likes."""
    swap = "alter schema crm rename to aside"
    trapped.execute(
        "grant create on database {} to alice".format(trapped.one("select quote_ident(current_database())"))
    )

    def swapped() -> None:
        trapped.execute(f"set lock_timeout = '300ms'; {swap}", user="alice")

    def held(conn: Connection) -> None:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            swapped()
        assert conn.info.transaction_status is not TransactionStatus.IDLE

    with connection.connect(trapped.dsn) as conn:
        with conn.transaction():
            conn.execute("set transaction read only")
            trust.require_read(conn, "crm.plain")
            held(conn)
        where = redact.column(conn, ("crm.plain", "note", ""))
        old = retention.notes(conn, where, "saisi_le", "1 month", date(2026, 1, 1))
        assert next(old)
        held(conn)
        old.close()
        trust.require_read(conn, "crm.plain")  # nobody reads: nobody waits
        swapped()
        trapped.execute("alter schema aside rename to crm", user="alice")
    trapped.safe()


@pytest.mark.parametrize(
    "options", [("--jobs", "2"), ("--snapshot",), ("--sample", "1000"), ("--second-reading",)]
)
@pytest.mark.first_server
def test_every_way_of_scanning(trapped: Trapped, options: tuple[str, ...]) -> None:
    assert trapped.run("scan", *COLUMNS, "--skip-unreadable", *options).exit_code == 1
    trapped.safe()


def test_a_view_wants_a_flag_of_a_superuser(trapped: Trapped) -> None:
    result = trapped.run("scan", "crm.vue.note")
    assert isinstance(result.exception, MotjusteError)
    assert "--read-views" in result.output
    for more in (("--by-key", "id"), ("--since", "id", "1")):
        trapped.run("scan", "crm.vue.note", *more)
        trapped.safe()
    trapped.fine("scan", "crm.vue.note", "--read-views")
    assert trapped.ran()


def test_a_view_is_read_by_name_where_the_role_is_no_superuser(trapped: Trapped) -> None:
    trapped.execute("grant usage on schema crm to ops; grant select on crm.vue to ops")
    assert trapped.run("scan", "crm.vue.note", "--output", "f.jsonl", user="ops").exit_code == 1
    trapped.safe()


def test_whoever_trusts_the_owner_says_so(trapped: Trapped) -> None:
    assert trapped.run("scan", "crm.indexed.note", "--trust-owner").exit_code == 1
    assert trapped.ran()


def test_nobody_else_says_so_for_them(trapped: Trapped) -> None:
    """The owner of a database can set its settings."""
    name = trapped.one("select current_database()")
    trapped.execute(f'alter database "{name}" set motjuste.trust_owner = on')
    trapped.execute(f'alter database "{name}" set motjuste.read_views = on')
    trapped.execute(f'alter database "{name}" set constraint_exclusion = on')
    trapped.run("scan", *COLUMNS, "crm.vue.note", "--skip-unreadable")
    trapped.safe()
    plan(trapped)
    trapped.refused("migrate", "apply", "plan", "--yes")
    trapped.safe()


def plan(trapped: Trapped, *columns: str) -> Path:
    """A plan for the findings in these columns."""
    trapped.run("scan", *(columns or COLUMNS), "--skip-unreadable")
    trapped.fine("review", "--accept-all", "--allow-empty")
    trapped.fine("migrate", "plan", "--output", "plan", "--copies", "tell", "--everywhere")
    return trapped.folder / "plan"


def test_the_whole_way_runs_nothing(trapped: Trapped) -> None:
    trapped.run("scan", *COLUMNS, "--skip-unreadable")
    for command in (
        ("review", "export", "sheet.csv", "--show-text"),
        ("review", "--accept-all"),
        ("review", "stats"),
        ("report", "--output", "rapport.html"),
        ("sample", "--column", "crm.plain.note", "--per", "column", "--output", "tirage.csv"),
        ("sample", "--column", "crm.felt.note", "--per", "column", "--output", "tirage2.csv"),
        (
            "sample",
            "--column",
            "crm.plain.note",
            "--per",
            "column",
            "--whole",
            "--since",
            "2019-01-01",
            "--output",
            "t3.csv",
        ),
        ("access", "--subject", "crm.client=1", "--output", "demande"),
        ("status",),
        ("rekey",),
        ("check", "--dsn", trapped.dsn),
        ("migrate", "plan", "--output", "plan", "--everywhere"),
    ):
        result = trapped.run(*command)
        assert result.exception is None or isinstance(result.exception, SystemExit | MotjusteError), (
            command,
            repr(result.exception),
        )
        assert "Usage: " not in result.output, result.output
        trapped.safe()
    for command in (
        ("migrate", "verify", "plan"),
        ("migrate", "apply", "plan", "--yes"),
        ("migrate", "apply", "plan", "--dry-run"),
    ):
        assert "crm." in trapped.refused(*command)
        trapped.safe()
    Path("motjuste.toml").write_text(
        '[[watch]]\nrelation = "crm.plain"\ncolumn = "note"\nmode = "flag"\ndated = "saisi_le"\nretain = "1 month"\n'
    )
    trapped.run("review", "purge", "--yes")
    trapped.safe()
    for command in (
        ("attach", "crm.plain.note"),
        ("status",),
        ("install", "--lock-timeout", "1s"),
        ("detach", "crm.plain.note"),
    ):
        trapped.run(*command)
        trapped.safe()


def test_a_new_key_reads_nothing_that_would_run_code(trapped: Trapped) -> None:
    """An index that was made since the notes were read; and a view, which an officer may name in a sample."""
    trapped.run("scan", "crm.plain.note", "crm.felt.note")
    trapped.execute("create index on crm.plain (id) where trap.sprung()", user="alice")
    trapped.execute(
        "insert into motjuste.sample (seed, size, per) values (1, 1, 'column'); insert into motjuste.sample_note"
        " (sample_id, number, relation, column_name, json_key, row_key, note_digest, stratum)"
        " select id, 1, 'crm.vue', 'note', '', '{}', sha256(''), 'x' from motjuste.sample"
    )
    trapped.forget()
    said = trapped.run("rekey")
    assert said.exit_code != 0 and "crm.plain" in said.output and "crm.vue" in said.output
    trapped.safe()


def test_an_owner_cannot_make_an_index_while_a_superuser_searches(trapped: Trapped) -> None:
    with connection.connect(trapped.dsn) as conn, conn.transaction():
        assert trust.why_not_until_end(conn, "crm.plain") == ""
        with pytest.raises(psycopg.errors.LockNotAvailable):
            trapped.execute("set lock_timeout = '100ms'; create index on crm.plain (note)", user="alice")


def test_access_says_which_tables_it_did_not_search(trapped: Trapped) -> None:
    said = trapped.run("access", "--subject", "crm.client=1", "--output", "demande")
    assert said.exit_code == 2
    trapped.safe()
    written = (trapped.folder / "demande" / "acces.md").read_text()
    assert "crm.indexed" in written
    assert "--trust-owner" in written
    # by a key of an enum, and from there
    found = json.loads((trapped.folder / "demande" / "acces.json").read_text())
    assert "crm.about" in {note["table"] for note in found["notes"]}


def test_a_redaction_runs_no_owners_trigger_as_a_superuser(trapped: Trapped) -> None:
    plan(trapped, "crm.triggered.note")
    why = trapped.refused("migrate", "apply", "plan", "--yes")
    assert "crm.triggered belongs to alice" in why
    assert "--trust-owner" in why
    trapped.safe()
    assert trapped.one("select count(*) from crm.triggered where note like 'Client alcoolique%'") == 1


def test_a_dry_run_says_what_would_run_and_as_whom(trapped: Trapped) -> None:
    plan(trapped, "crm.triggered.note")
    said = trapped.fine("migrate", "apply", "plan", "--dry-run", "--trust-owner")
    assert "trap.on_row()" in said
    assert "as postgres" in said
    assert "crm.triggered" in said


def test_the_owner_redacts_with_its_own_rights(trapped: Trapped) -> None:
    """The way out that the message names: the findings are written by a right that was granted, the triggers run as alice."""
    plan(trapped, "crm.triggered.note")
    trapped.execute(
        "grant usage on schema motjuste to alice; grant select, insert, update, delete on motjuste.finding to alice;"
        "grant select on motjuste.secret to alice"
    )
    trapped.fine("migrate", "apply", "plan", "--yes", user="alice", codes=(0,))
    trapped.safe()
    assert trapped.ran("alice")


def test_a_file_run_by_hand_refuses_too(trapped: Trapped, cluster: Cluster) -> None:
    """With psql, as a superuser under the role of the owner, under a path full of traps."""
    folder = plan(trapped, "crm.triggered.note")
    psql = cluster.server.bin_dir / "psql"
    for before in ("", "set role alice;", "set session authorization alice;"):
        done = subprocess.run(
            [psql, "-X", "-d", trapped.dsn, "-c", "grant all on all tables in schema motjuste to alice; grant usage on schema motjuste to alice;",
             *(("-c", before) if before else ()), "-f", str(folder / "deploy.sql")],
            capture_output=True, text=True, env=os.environ | {"PGOPTIONS": ""},
        )  # fmt: skip
        assert done.returncode != 0, done.stderr
        assert "crm.triggered belongs to alice" in done.stderr, done.stderr
        trapped.safe()
    assert "as the owner" in (folder / "deploy.sql").read_text()


@pytest.mark.first_server
@pytest.mark.parametrize(
    "kept",
    [
        "insert into crm.kept values (old.note)",
        "execute 'insert into crm.ke' || 'pt values ($1)' using old.note",
    ],
)
def test_what_a_trigger_wrote_is_not_looked_through_as_a_superuser(trapped: Trapped, kept: str) -> None:
    """A superuser's own table, whose trigger keeps old notes in a table that is alice's: known to the plan, or found afterwards."""
    trapped.execute(
        f"""
        create table public.mine (id int primary key, note text);
        insert into public.mine values (1, '{BAD}');
        create table crm.kept (old text);
        create function public.keep() returns trigger language plpgsql as $$ begin {kept}; return new; end $$;
        create trigger keep after update on public.mine for each row execute function public.keep();
        """
    )
    plan(trapped, "public.mine.note")
    trapped.fine("migrate", "apply", "plan", "--yes", codes=(1,))
    verify = ("migrate", "verify", "plan")
    assert "1 copy(ies)" in trapped.fine(*verify, codes=(1,))
    trapped.execute("alter table crm.kept owner to alice; create index on crm.kept ((trap.sprung()))")
    trapped.forget()
    if kept.startswith("insert"):
        assert "crm.kept belongs to alice" in trapped.refused(*verify)
    else:
        assert "1 place(s) where a trigger wrote, which this role may not look through" in trapped.fine(
            *verify, codes=(1,)
        )
    trapped.safe()
    assert "1 copy(ies)" in trapped.fine(*verify, "--trust-owner", codes=(1,))


def test_what_else_is_written_counts(trapped: Trapped) -> None:
    """Of tables of a superuser's: a child, a partition, a view, a table that follows a key, each alice's."""
    trapped.execute(
        """
        create table public.parent (id int primary key, note text unique);
        create table public.child () inherits (public.parent);
        create table public.whole (id int, note text) partition by range (id);
        create table public.part partition of public.whole default;
        create view public.shown as select id, note from crm.plain;
        create table public.named (note text primary key);
        create table public.naming (note text references public.named on update cascade);
        create table public.mine (id int primary key, note text);
        alter table public.child owner to alice;
        alter table public.part owner to alice;
        alter table public.naming owner to alice;
        """
    )
    trapped.forget()
    with connection.connect(trapped.dsn) as conn:
        for relation in ("parent", "whole", "shown", "named"):
            with pytest.raises(psycopg.Error, match="belongs to alice"), conn.transaction():
                trust.require_write(conn, [f"public.{relation}"])
        trust.require_write(conn, ["public.mine"])
    with connection.connect(trapped.dsn, trust_owner=True) as conn:
        trust.require_write(conn, ["public.parent"])
    trapped.execute("grant all on all tables in schema crm to ops; grant usage on schema crm to ops")
    with connection.connect(trapped.dsn.replace("user=postgres", "user=ops")) as conn:
        trust.require_write(conn, ["crm.plain"])
        for relation in ("crm.triggered", "crm.checked", "crm.indexed", "crm.numbered"):
            with pytest.raises(psycopg.Error, match="belongs to alice"), conn.transaction():
                trust.require_write(conn, [relation])
        for rights in ("grant pg_execute_server_program to ops", "grant postgres to ops"):
            trapped.execute(rights)
            with pytest.raises(psycopg.Error, match="belongs to alice"), conn.transaction():
                trust.require_write(conn, ["crm.plain"])
            assert "--read-views" in trust.why_not(conn, "crm.vue")[1]
            trapped.execute("revoke pg_execute_server_program, postgres from ops")
    trapped.safe()


def test_keys_of_users_types_are_written_and_read_without_their_code(trapped: Trapped) -> None:
    """In tables of a superuser's, which are redacted: an enum with casts, domains with a CHECK, rows and lists of them."""
    trapped.execute(
        f"""
        create table public.a (k crm.mood primary key, note text); insert into public.a values ('gai', '{BAD}');
        create table public.b (k crm.number primary key, note text); insert into public.b values (1, '{BAD}');
        create table public.c (k crm.pair, l crm.mood[], m int, note text, primary key (k, l, m));
        insert into public.c values (row(1, 'gai'), '{{gai,triste}}', 3, '{BAD}');
        """
    )
    trapped.forget()
    plan(trapped, "public.a.note", "public.b.note", "public.c.note")
    trapped.fine("migrate", "apply", "plan", "--yes", codes=(0,))
    trapped.fine("migrate", "verify", "plan", codes=(0,))
    for table in "abc":
        assert trapped.one(f"select note from public.{table}") == GOOD
    trapped.safe()


def test_a_superusers_own_tables_want_no_flag(trapped: Trapped) -> None:
    trapped.execute(
        f"create table public.note (id int primary key, note text); insert into public.note values (1, '{BAD}')"
    )
    trapped.forget()
    plan(trapped, "public.note.note")
    trapped.fine("migrate", "apply", "plan", "--yes", codes=(0,))
    trapped.fine("migrate", "verify", "plan", codes=(0,))
    trapped.safe()


def test_a_name_without_schema_is_found_on_the_roles_path(trapped: Trapped) -> None:
    trapped.execute(
        "create schema ops authorization ops; create table ops.fiche (id int primary key, note text); alter table ops.fiche owner to ops"
    )
    trapped.execute("alter role ops set search_path = absent, ops, public", "postgres")
    said = trapped.run("scan", "fiche.note", "--output", "f.jsonl", "--allow-empty", user="ops")
    assert said.exit_code == 0, said.output
    assert trapped.run("scan", "absente.note", "--output", "f.jsonl", user="ops").exception is not None
    trapped.execute("alter role ops reset search_path")
    trapped.safe()


def test_statistics_count_as_well(trapped: Trapped) -> None:
    trapped.execute(
        "set session authorization alice; create statistics crm.st on (trap.sprung()::text || note), id from crm.counted"
    )
    trapped.forget()
    result = trapped.run("scan", "crm.counted.note")
    assert "crm.counted: statistics st calls trap.sprung()" in result.output
    trapped.safe()


# what calls a trap by way of something else than a function's name
HIDDEN = """
set session authorization alice;
create domain crm.kept as text check (trap.sprung());
create domain crm.above as crm.kept;
create function trap.unlike(text, text) returns boolean language plpgsql immutable as $$ begin return trap.sprung(); end $$;
create operator crm.=== (leftarg = text, rightarg = text, function = texteq, negator = operator(crm.!==));
create operator crm.!== (leftarg = text, rightarg = text, function = trap.unlike, negator = operator(crm.===));
create function trap.far(int, int) returns float8 language plpgsql immutable as $$ begin perform trap.sprung(); return $1 - $2; end $$;
create type crm.span as range (subtype = int, subtype_diff = trap.far);
"""
READ = {
    "an index": "(id int primary key, note text); create index on crm.x ((note::crm.above))",
    "a part of an index": "(id int primary key, note text); create index on crm.x (id) where note::crm.kept <> ''",
    "a list": "(id int primary key, note text); create index on crm.x ((array[note]::crm.kept[]))",
    "a key of partitions": "(id int, note text) partition by range ((note::crm.kept)); create table crm.x_all partition of crm.x default",
}
WRITTEN = READ | {
    "when a trigger fires": "(id int primary key, note text);"
    " create trigger t before update on crm.x for each row when (trap.sprung()) execute function suppress_redundant_updates_trigger()",
    "a domain below": "(id int primary key, note crm.above)",
    "a list of them": "(id int primary key, note crm.kept[])",
    "a check": "(id int primary key, note text, check (note::crm.kept is not null))",
    "a negator": "(id int primary key, note text, check (not (note operator(crm.===) 'x')))",
    "a column that is computed": "(id int primary key, note text, n text generated always as (note::crm.kept) stored)",
    "statistics": "(id int primary key, note text); create statistics crm.x_n on (trap.sprung()::text), id from crm.x",
    "the key of what it is a part of": "(id int, note text); create table crm.x_whole (id int, note text) partition by range ((note::crm.kept));"
    " alter table crm.x_whole attach partition crm.x default",
    "a range": "(id int primary key, note text, r crm.span default '[1,2)'); create index on crm.x using gist (r)",
    "what a view shows": "(id int primary key, note text); alter table crm.x rename to x_0;"
    " create view crm.x as select id, note from crm.x_0 where trap.sprung()",
}  # fmt: skip


@pytest.mark.parametrize("how", READ)
def test_no_superuser_reads_what_calls_by_a_detour(trapped: Trapped, how: str) -> None:
    """A domain's checks are planned where an index or a key casts to it, and their constant parts run."""
    trapped.execute(f"{HIDDEN} create table crm.x {READ[how]}; insert into crm.x values (1, '{BAD}')")
    trapped.forget()
    trapped.execute("select note from crm.x")
    assert trapped.ran()
    trapped.forget()
    said = trapped.run("scan", "crm.x.note")
    # a partition by itself is read without the key of its parent
    assert how.startswith("a key") or "--trust-owner" in said.output + getattr(said.exception, "hint", "")
    trapped.safe()
    trapped.run("sample", "--column", "crm.x.note", "--per", "column", "--output", "tirage.csv")
    trapped.run("access", "--subject", "crm.client=1", "--output", "demande")
    trapped.safe()


def test_a_domain_whose_check_may_come_later(trapped: Trapped) -> None:
    trapped.execute(
        "set session authorization alice; create domain crm.kept as text; create table crm.x (id int primary key, note text);"
        "create index on crm.x ((note::crm.kept))"
    )
    trapped.forget()
    with connection.connect(trapped.dsn) as conn:
        assert "casts to crm.kept" in trust.why_not(conn, "crm.x")[0]


@pytest.mark.parametrize("how", WRITTEN)
def test_no_role_redacts_what_calls_by_a_detour(trapped: Trapped, how: str) -> None:
    """Another role than the owner, which may do no more than write the table."""
    trapped.execute(
        f"{HIDDEN} create table crm.x {WRITTEN[how]}; grant all on all tables in schema crm to ops;"
        "grant usage on schema crm, trap to ops; create table crm.harmless (id int primary key, note text, mail crm.kept);"
    )
    with connection.connect(trapped.dsn.replace("user=postgres", "user=ops")) as conn:
        with pytest.raises(psycopg.Error, match=r"crm\.x") as caught, conn.transaction():
            trust.require_write(conn, ["crm.x"])
        assert caught.value.sqlstate == "MJ003"
        assert not trapped.ran("ops")


@pytest.mark.parametrize(
    "made",
    [
        "create table public.x (id int primary key, note crm.above)",
        "create table public.x (id int primary key, note text); grant trigger on public.x to alice; set session authorization alice;"
        " create trigger t before update on public.x for each row execute function trap.on_row()",
        "create table public.x (id int primary key, note text); grant trigger on public.x to alice; set session authorization alice;"
        " create trigger t before update on public.x for each row when (trap.sprung()) execute function suppress_redundant_updates_trigger()",
        "create table public.x (id int primary key, note text, r crm.span default '[1,2)'); create index on public.x using gist (r)",
    ],
    ids=["a type", "a trigger", "when it fires", "a range"],
)
def test_what_others_put_into_a_superusers_table(trapped: Trapped, made: str) -> None:
    """The owner of a column's type, and who may make triggers there, write code for a table that is a superuser's."""
    trapped.execute(f"{HIDDEN} reset session authorization; {made}")
    trapped.forget()
    trapped.execute(f"insert into public.x (id, note) values (1, '{BAD}')")
    trapped.forget()
    plan(trapped, "public.x.note")
    why = trapped.refused("migrate", "apply", "plan", "--yes")
    assert "public.x" in why and "code of alice" in why
    trapped.safe()
    assert trapped.one("select count(*) from public.x where note::text like 'Client alcoolique%'") == 1


@pytest.mark.each_server
def test_no_trigger_is_made_where_a_key_of_partitions_is_their_code(trapped: Trapped) -> None:
    """The server computes the constant parts of such a key where it looks for the partitions that a trigger is copied to."""
    trapped.execute(
        f"{HIDDEN} reset session authorization; create table public.y (id int, note text) partition by range ((note::crm.kept));"
        "create table public.x (id int, note text) partition by range (id);"
        "create table public.x_all (id int, note text) partition by list ((trap.sprung()::int + id));"
        "create table public.x_1 partition of public.x_all default; alter table public.x attach partition public.x_all default"
    )
    trapped.forget()
    for name in ("x", "x_all", "y"):
        assert "code of somebody else" in trapped.refused("attach", f"public.{name}.note")
    trapped.safe()
    trapped.fine("attach", "public.x.note", "--trust-owner")
    assert trapped.ran()
    # what is there already is enabled no more
    trapped.execute("update motjuste.watch set trust_owner = false; alter table public.x disable trigger all")
    trapped.forget()
    with pytest.raises(psycopg.Error, match="no trigger is made"), connection.session(trapped.dsn) as conn:
        conn.execute("select motjuste.refresh()")
    trapped.safe()
    trapped.fine("status")
    trapped.fine("detach", "public.x.note")
    trapped.safe()


def test_what_failed_is_checked_without_their_code(trapped: Trapped) -> None:
    """`scan --failed`: an index of the owner's, an author and a note of a type of somebody else's, with casts."""
    trapped.execute(
        f"""
        create table public.a (id int primary key, note text, auteur crm.mood); insert into public.a values (1, '{BAD}', 'gai');
        set session authorization alice;
        create domain crm.line as text;
        create function trap.lines(crm.line[]) returns text language plpgsql as $$ begin perform trap.sprung(); return 'x'; end $$;
        create cast (crm.line[] as text) with function trap.lines(crm.line[]);
        grant usage on schema crm to public;
        reset session authorization;
        create table public.b (id int primary key, note crm.line[]); insert into public.b values (1, '{{"{BAD}"}}');
        select motjuste.attach('public.a', 'note', author_column => 'auteur'), motjuste.attach('public.b', 'note');
        insert into motjuste.failure (relation, column_name, row_key, sqlstate)
        values ('public.a', 'note', '{{"id": 1}}', 'XX000'), ('public.b', 'note', '{{"id": 1}}', 'XX000'),
            ('crm.indexed', 'note', '{{"id": 1}}', 'XX000'), ('crm.expressed', 'note', '{{"id": 1}}', 'XX000');
        """
    )
    trapped.forget()
    said = trapped.run("scan", "--failed").output
    trapped.safe()
    assert "crm.indexed" in said and "calls trap.sprung()" in said
    found = "select array_agg(distinct array[relation, author]) from motjuste.finding"
    assert trapped.one(found) == [["public.a", "gai"], ["public.b", None]]
    assert trapped.one("select count(*) from motjuste.failure where closed_at is null") == 2


def test_an_original_is_put_back_without_their_code(trapped: Trapped) -> None:
    """A superuser's table with a key and an author of alice's type, which has casts to text and json."""
    trapped.execute(
        f"create table public.a (k crm.mood primary key, note text, auteur crm.mood); insert into public.a values ('gai', '{GOOD}', 'gai');"
        " select motjuste.attach('public.a', 'note', author_column => 'auteur')"
    )
    trapped.forget()
    with connection.connect(trapped.dsn) as conn:
        [(after,)] = conn.execute("select encode(motjuste.digest(%s), 'hex')", [GOOD]).fetchall()
        original = Original("public.a", "note", "", {"k": "gai"}, BAD, after)
        [outcome] = restore.restore(conn, [original], "essai", lock_timeout="2s")
    assert outcome.outcome == restore.RESTORED
    trapped.safe()


def test_a_date_of_somebodys_own_type_is_not_compared(trapped: Trapped) -> None:
    """The policy names a column as the date of its notes; its owner gives it a type with a cast of her own."""
    trapped.execute(
        """
        set session authorization alice;
        create type crm.jour as (j text);
        create function trap.jour(crm.jour) returns timestamp language plpgsql as $$ begin perform trap.sprung(); return now(); end $$;
        create cast (crm.jour as timestamp) with function trap.jour(crm.jour) as implicit;
        alter table crm.plain alter saisi_le drop default, alter saisi_le type crm.jour using row('x')::crm.jour;
        """
    )
    trapped.forget()
    Path("motjuste.toml").write_text(
        '[[watch]]\nrelation = "crm.plain"\ncolumn = "note"\nmode = "flag"\ndated = "saisi_le"\nretain = "1 month"\n'
    )
    assert "built-in type" in trapped.refused("review", "purge", "--yes")
    trapped.safe()
