"""The catalog and `discover` on a real database: partitions, keys, jsonb, hostile names, few rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from motjuste import config, discovery
from motjuste.cli.main import motjuste
from motjuste.db import catalog
from motjuste.db.connection import connect
from motjuste.errors import ConfigError, DatabaseError
from motjuste.model import Column

pytestmark = pytest.mark.each_server

SCHEMA = """
create schema crm;
create schema autre;
create domain crm.texte_court as varchar(40);
create table crm.client (id int primary key, nom text unique, age int, court crm.texte_court, note text);
comment on column crm.client.note is 'texte libre';
insert into crm.client select n, n::text, 1, 'x', 'RAS' from generate_series(1, 500) as n;
create table crm.ligne (a int, b int, c text, note varchar(500), double text generated always as (c || 'x') stored,
    primary key (b, a), foreign key (a) references crm.client);
create table crm.sans_cle (remarque text);
create table crm.contact (id int, jour date, obs text, primary key (id, jour)) partition by range (jour);
create table crm.contact_01 partition of crm.contact for values from ('2026-01-01') to ('2026-02-01');
create table crm.contact_02 partition of crm.contact for values from ('2026-02-01') to ('2026-03-01');
insert into crm.contact select n, '2026-01-15', 'RAS' from generate_series(1, 100) as n;
insert into crm.contact select n, '2026-02-15', 'RAS' from generate_series(1, 50) as n;
create table crm.appel (id int primary key, details jsonb, libre json);
insert into crm.appel values
    (1, '{"note": "RAS", "duree": 3}', '{"avis": "bien"}'), (2, '{"canal": "mail"}', '[1]'), (3, '[1]', null), (4, '3', '{}'), (5, null, '{"x": "\\u0000"}');
create table crm.carte (id int primary key, par_email jsonb);
insert into crm.carte select 1, jsonb_object_agg('m' || n, 'x') from generate_series(1, 200) as n;
create table autre."Bloc;Note" ("x""; drop table y; --" text, "Ünï -- 🙂" jsonb);
insert into autre."Bloc;Note" values ('RAS', '{"k\\"; --": "RAS"}');
create view crm.vue as select note from crm.client;
create materialized view crm.figee as select note from crm.client;
create temporary table provisoire (note text);
analyze;
"""


@pytest.fixture
def conn(dsn: str) -> Iterator[psycopg.Connection]:
    with connect(dsn) as connection:
        connection.execute(SCHEMA.encode())
        yield connection


def found(conn: psycopg.Connection, *schemas: str) -> dict[str, Column]:
    return {c.label: c for c in catalog.columns(conn, schemas)}


def test_empty_texts_say_nothing_of_the_notes_beside_them(dsn: str) -> None:
    few = "case when n % 500 = 0 then 'Rappeler le client lundi ' || n else {} end"
    with connect(dsn) as conn:
        conn.execute(
            f"""
            create table public.dossier (id int primary key, obs text not null default '', remarque text, code text, vide text);
            insert into public.dossier
            select n, {few.format("''")}, {few.format("null")}, case when n % 2 = 0 then '' else 'SEC-0' || n % 7 end, ''
            from generate_series(1, 5000) as n;
            insert into public.dossier select n, '', 'RAS' from generate_series(5001, 5010) as n;
            analyze public.dossier
            """.encode()
        )
        columns = {c.name: c for c in catalog.columns(conn)}
    assert (columns["obs"].distinct, columns["remarque"].distinct, columns["code"].distinct) == (0, 0, 8)
    assert [columns[name].width for name in ("obs", "code", "vide")] == [0, 7, 0]
    assert [discovery.score(columns[name]).score for name in ("obs", "remarque")] == [90, 90]
    assert discovery.score(columns["code"]).score < 40


def test_every_text_column_once(conn: psycopg.Connection) -> None:
    assert set(found(conn)) == {
        "crm.client.nom", "crm.client.court", "crm.client.note", "crm.ligne.c", "crm.ligne.note", "crm.sans_cle.remarque",
        "crm.contact.obs", "crm.appel.details->>canal", "crm.appel.details->>note", "crm.appel.libre",
        'autre.Bloc;Note.x"; drop table y; --', 'autre.Bloc;Note.Ünï -- 🙂->>k"; --',
    }  # fmt: skip


def test_what_the_catalog_knows_of_a_column(conn: psycopg.Connection) -> None:
    columns = found(conn, "crm")
    note = columns["crm.client.note"]
    assert note == Column(
        "crm", "client", "note", key=("id",), rows=500, comment="texte libre", width=4, distinct=1.0
    )
    assert columns["crm.client.nom"].constrained
    assert (columns["crm.client.court"].kind, columns["crm.client.court"].size) == ("varchar", 40)
    assert (columns["crm.ligne.note"].key, columns["crm.ligne.note"].size) == (("b", "a"), 500)
    assert columns["crm.sans_cle.remarque"].key == ()
    partitioned = columns["crm.contact.obs"]
    assert (partitioned.relkind, partitioned.rows, partitioned.key) == ("p", 150, ("id", "jour"))
    assert columns["crm.appel.details->>note"].kind == "jsonb"


def test_rows_are_guessed_before_the_first_analyze(conn: psycopg.Connection) -> None:
    conn.execute("create table crm.neuve (note text)")
    conn.execute("insert into crm.neuve select repeat('x', 100) from generate_series(1, 1000)")
    assert 500 < found(conn)["crm.neuve.note"].rows < 2000


def test_schemas_narrow_it_down(conn: psycopg.Connection) -> None:
    assert all(label.startswith("autre.") for label in found(conn, "autre"))
    assert not found(conn, "absent")


def test_role_with_few_rights_sees_names_and_no_json_keys(conn: psycopg.Connection, dsn: str) -> None:
    conn.execute("create role petit login; grant select on all tables in schema crm to petit")
    try:
        with connect(dsn, user="petit") as limited:
            columns = found(limited)
            assert "crm.client.note" in columns
            assert not any("->>" in label for label in columns)
            conn.execute("grant usage on schema crm to petit")
            assert "crm.appel.details->>note" in found(limited)
    finally:
        conn.execute("drop owned by petit; drop role petit")


def test_discover_writes_what_is_clear(
    conn: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    done = run.invoke(motjuste, ["discover", "--dsn", dsn, "--write", "--format", "json"])
    assert done.exit_code == 0
    shown = {c["column"]: c for c in json.loads(done.stdout)}
    assert shown["crm.contact.obs"]["rows"] == 150
    written = config.parse(Path("motjuste.toml").read_text(encoding="utf-8"), "motjuste.toml")
    assert {w.label for w in written.watches} == {
        "crm.client.note", "crm.contact.obs", "crm.ligne.note", "crm.sans_cle.remarque", "crm.appel.details->>note",
    }  # fmt: skip
    before = Path("motjuste.toml").read_text(encoding="utf-8")
    again = run.invoke(motjuste, ["discover", "--dsn", dsn, "--write"])
    assert again.exit_code == 0
    assert Path("motjuste.toml").read_text(encoding="utf-8") == before
    assert "watched" in again.stdout


KIN = """
create schema s;
create table s.agent (login text primary key);
create table s.client (id int primary key, nom text);
create table s.suivi (id int primary key, client_id int references s.client, saisi_par text references s.agent,
    cree_le timestamptz, champ7 text, etat text check (etat in ('ouvert', 'clos')), mots text[], doc xml);
create table s.suivi_hist (id int, client_id int, saisi_par text, cree_le timestamptz, champ7 text, operation text);
create view s.v_suivi as select id, champ7 from s.suivi;
create materialized view s.m_suivi as select id, champ7 from s.suivi;
create function s.lente(t text) returns text language sql as 'select t from pg_sleep(60)';
create view s.v_lente as select s.lente(nom) as remarque from s.client;
insert into s.client select i, 'Durand ' || i from generate_series(1, 100) as i;
insert into s.agent values ('a'); analyze;
"""
PROSE = (
    "La cliente demande un délai de {} jours, elle rappellera.",
    "Monsieur {} est passé, il souhaite un devis.",
)


@pytest.fixture
def kin(dsn: str) -> Iterator[psycopg.Connection]:
    with connect(dsn) as connection:
        connection.execute(KIN.encode())
        for table in ("suivi", "suivi_hist"):
            insert = f"insert into s.{table} (id, client_id, saisi_par, champ7) values (%s, 1, 'a', %s)"
            with connection.cursor() as cursor:
                cursor.executemany(insert, [(i, PROSE[i % 2].format(i)) for i in range(60)])
        connection.execute("refresh materialized view s.m_suivi; analyze s.suivi, s.suivi_hist, s.m_suivi")
        yield connection


def json_of(dsn: str, *args: str) -> dict[str, dict[str, object]]:
    done = CliRunner().invoke(motjuste, ["discover", "--dsn", dsn, "--format", "json", *args])
    assert done.exit_code == 0, done.exception
    return {c["column"]: c for c in json.loads(done.stdout)}


def test_content_finds_what_no_name_says(kin: psycopg.Connection, dsn: str) -> None:
    found = json_of(dsn)
    assert found["s.suivi.champ7"]["score"] >= discovery.CLEAR  # type: ignore[operator]
    assert "holds sentences about persons" in found["s.suivi.champ7"]["reasons"]  # type: ignore[operator]
    blind = json_of(dsn, "--budget", "0", "--min-score", "0")
    assert blind["s.suivi.champ7"]["score"] < discovery.CLEAR  # type: ignore[operator]
    assert blind["s.suivi.etat"]["score"] < discovery.SHOWN  # type: ignore[operator]
    assert {"s.suivi.mots[]", "s.suivi.doc"} <= set(blind)


def test_copies_are_told_apart_and_neighbours_suggested(kin: psycopg.Connection, dsn: str) -> None:
    found = json_of(dsn)
    assert {k: c["copy_of"] for k, c in found.items() if c["copy_of"]} == {
        "s.v_suivi.champ7": "view of s.suivi.champ7",
        "s.m_suivi.champ7": "materialized view of s.suivi.champ7",
        "s.suivi_hist.champ7": "history of s.suivi.champ7",
    }
    note = found["s.suivi.champ7"]
    assert (note["author"], note["moment"], note["subject"]) == ("saisi_par", "cree_le", "client_id")
    text = CliRunner().invoke(motjuste, ["discover", "--dsn", dsn]).stdout
    assert "also read by a scan, not watched" in text and "about whom" in text
    assert "demande un délai" not in text


def test_a_role_that_may_not_read_the_content_is_told(
    kin: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kin.execute(
        "create role faible login; grant usage on schema s to faible; grant select on s.client to faible"
    )
    weak = dsn.replace("user=postgres", "user=faible")
    try:
        done = CliRunner().invoke(motjuste, ["discover", "--dsn", weak, "--write"])
        assert isinstance(done.exception, DatabaseError), done.output
        assert done.exception.message.startswith(
            "role faible may not read s.m_suivi, s.suivi, s.suivi_hist: these"
        )
        assert "--budget 0" in str(done.exception.hint)
        assert "s.suivi.champ7" in done.stdout or "text column(s) read" in done.stderr, (
            "what is known is told all the same"
        )
        assert Path("motjuste.toml").exists()
        for options in (["--budget", "0"], ["--schema", "public", "--min-score", "100"]):
            blind = CliRunner().invoke(motjuste, ["discover", "--dsn", weak, *options])
            assert "may not read" not in str(blind.exception)
        done = CliRunner().invoke(motjuste, ["discover", "--dsn", weak, "--check"])
        assert isinstance(done.exception, DatabaseError) and "may not read" in done.exception.message
        kin.execute("grant select on all tables in schema s to faible")
        assert CliRunner().invoke(motjuste, ["discover", "--dsn", weak]).exit_code == 0
    finally:
        kin.execute("drop owned by faible; drop role faible")


def test_a_view_that_takes_too_long_is_scored_without_its_content(kin: psycopg.Connection, dsn: str) -> None:
    assert json_of(dsn)["s.v_lente.remarque"]["relation"] == "view"


HARD = """
create domain doc as jsonb; create domain doc2 as doc; create domain texte as text; create domain texte2 as texte;
create table fiche (id int primary key, d doc, d2 doc2, t2 texte2, l texte2[], commentaire text);
insert into fiche values (1, '{"note": "x", "suite": {"avis": "x"}}', '{"note": "x"}');
create view v_erreur as select id, jsonb_build_object('note', 1 / (id - id)) as doc from fiche;
create table appel (id int, le date, note text) partition by range (le);
create table appel_2026 partition of appel for values from ('2026-01-01') to ('2027-01-01');
create table carte (id int primary key, par_email jsonb);
insert into carte select 1, jsonb_object_agg('m' || n, 'x') from generate_series(1, 200) as n;
create table verrou (id int primary key, remarque text, doc jsonb);
"""


def test_discover_names_documents_whose_keys_it_cannot_read_and_waits_for_no_lock(dsn: str) -> None:
    """A view that fails, keys that are data, tables locked by others: the rest is found all the same, at once."""
    with psycopg.connect(dsn) as conn:
        conn.execute(HARD.encode())
        conn.commit()
        conn.execute("lock table verrou, appel_2026 in access exclusive mode")
        done = CliRunner().invoke(
            motjuste, ["discover", "--dsn", dsn, "--min-score", "0", "--format", "json"]
        )
    assert done.exit_code == 0, done.exception
    found = {c["column"] for c in json.loads(done.stdout)}
    assert found >= {
        "public.fiche.d->>note", "public.fiche.d->>$.suite.avis", "public.fiche.d2->>note", "public.fiche.t2",
        "public.fiche.l[]", "public.appel.note", "public.verrou.remarque",
    }  # fmt: skip
    unread = {line.split(":")[0] for line in done.stderr.splitlines() if "its keys" in line}
    assert unread == {"public.v_erreur.doc", "public.carte.par_email", "public.verrou.doc"}


def test_discover_writes_and_checks_the_policy(
    kin: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kin.execute("alter table s.client add resultat varchar(100)")
    run = CliRunner()
    assert run.invoke(motjuste, ["discover", "--dsn", dsn, "--write", "--owner", "dpo"]).exit_code == 0
    policy = config.parse(Path("motjuste.toml").read_text(encoding="utf-8"), "motjuste.toml")
    assert policy.watches == (config.Watch("s.suivi", "champ7", author="saisi_par", subject="client_id"),)
    assert {(e.column, e.owner) for e in policy.exempts} == {
        ("s.v_suivi.champ7", "dpo"),
        ("s.m_suivi.champ7", "dpo"),
    }
    assert {u.column for u in policy.undecided} == {"s.suivi_hist.champ7", "s.client.resultat"}
    assert run.invoke(motjuste, ["discover", "--dsn", dsn, "--check"]).exit_code == 0
    kin.execute("alter table s.client drop resultat; alter table s.client add bloc_notes text")
    done = run.invoke(motjuste, ["discover", "--dsn", dsn, "--check"])
    assert done.exit_code == 1
    assert "s.client.bloc_notes" in done.stdout and "s.client.resultat" in done.stdout


def test_the_policy_may_name_whatever_is_there(
    conn: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More quotes than needed, capitals that SQL folds, partitions, views, other schemas than those asked for: not gone."""
    monkeypatch.chdir(tmp_path)
    watches = [('"crm"."client"', "note"), ("CRM.sans_cle", "remarque"), ("crm.contact_01", "obs"), ("crm.vue", "note")]  # fmt: skip
    text = "".join(f"[[watch]]\nrelation = '{table}'\ncolumn = '{name}'\n" for table, name in watches)
    text += """[[exempt]]\ncolumn = 'autre."Bloc;Note".Ünï -- 🙂'\nreason = 'r'\nowner = 'o'\nuntil = 2099-01-01\n"""
    Path("motjuste.toml").write_text(text + "[[undecided]]\ncolumn = '\"crm\".\"ligne\".note'\nwhy = 'r'\n")
    run = CliRunner()
    done = run.invoke(motjuste, ["discover", "--dsn", dsn, "--check", "--schema", "crm"])
    assert " 0 gone" in done.stderr, done.stdout
    shown = run.invoke(motjuste, ["discover", "--dsn", dsn, "--format", "json", "--min-score", "0"])
    policy = {c["column"]: c["policy"] for c in json.loads(shown.stdout) if c["policy"]}
    assert policy == {
        "crm.client.note": "watched", "crm.sans_cle.remarque": "watched", "crm.vue.note": "watched", "crm.ligne.note": "undecided",
    }  # fmt: skip


def test_discover_without_tables_is_an_error(dsn: str) -> None:
    done = CliRunner().invoke(motjuste, ["discover", "--dsn", dsn])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.hint


def test_discover_without_a_server_is_an_error() -> None:
    done = CliRunner().invoke(motjuste, ["discover", "--dsn", "host=/nowhere"])
    assert isinstance(done.exception, DatabaseError)
    assert done.exception.hint


DATED = {
    "import_key_date tms datec": "datec:creation tms:change import_key_date:import",
    "updated_at created_at": "created_at:creation updated_at:change",
    "write_date create_date": "create_date:creation write_date:change",
    "date_upd date_add": "date_add:creation date_upd:change",
    "date_modified date_entered": "date_entered:creation date_modified:change",
    "_loaded_at last_login dateSaisie": "dateSaisie:creation last_login:change _loaded_at:import",
    "lastmodified credit_date jour": "jour:event lastmodified:change credit_date:other",
    "mtime ctime": "ctime:creation mtime:change",
    "maj date_reprise date_appel": "date_appel:event-of-the-note maj:change date_reprise:import",
}


@pytest.mark.first_server
def test_dates_by_what_their_names_say(conn: psycopg.Connection) -> None:
    for columns, order in DATED.items():
        listed = ", ".join(f'"{c}" timestamp' for c in columns.split())
        conn.execute(f"create table public.dated ({listed})".encode())
        found = catalog.dates(conn, "public.dated")
        assert " ".join(f"{c}:{kind.replace(' ', '-')}" for c, kind in found) == order
        conn.execute("drop table public.dated")
