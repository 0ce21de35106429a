"""The whole way on a management package's schema: an owner without superuser, a history trigger, two findings a note, two reviewers,
an interrupted scan, lost files, an uninstallation. At each step: what was lost? Nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from psycopg.conninfo import make_conninfo

from conftest import Cluster, finder
from flow import Ran
from motjuste.cli.main import motjuste
from motjuste.db import connection, install, reading
from motjuste.errors import MotjusteError
from motjuste.model import Pack
from scanning import after_first_part

SCHEMA = Path(__file__).parent / "schemas" / "gestion.sql"
CLIENTS, BAD = 400, 40  # clients, and of every so many one has a note at fault
STAYS = "Sa femme est dépressive, dit-elle du précédent locataire."  # the first reviewer judges that it stays
FAULTY = f"Client alcoolique, rappeler lundi. {STAYS} Facture 2024-118 payée."
PLAIN = "RAS, rappeler lundi. Contrat 4512, échéancier accordé jusqu'au 12 mars."
WATCHED = {"gst_tiers": "note_private", "gst_actioncomm": "note", "gst_tiers_histo": "note_private"}
POLICY = "".join(f'[[watch]]\nrelation = "gestion.{t}"\ncolumn = "{c}"\n' for t, c in WATCHED.items())
DATA = """
    insert into gst_user (rowid, login, lastname, firstname, datec, datelastlogin) values
        (28, 'admin', 'SuperAdmin', null, '2020-01-01', now()), (29, 'cdubois', 'Dubois', 'Claire', '2020-01-01', now());
    insert into gst_tiers (rowid, nom, code_client, note_private, note_public, tms, datec, fk_user_creat, fk_user_modif, import_key)
        select i, 'Client ' || i, 'CU' || i, case when i %% %(bad)s = 0 then %(faulty)s else %(plain)s end, 'Livrer au dépôt.',
            '2025-11-01 03:00', timestamp '2024-01-01 10:30' + i * interval '1 hour', 29, 28, '20251101030000'
        from generate_series(1, %(clients)s) as i;
    insert into gst_actioncomm (fk_tiers, label, note, datec, tms, fk_user_author)
        select i, 'Appel', case when i %% %(bad)s = 0 then 'Client alcoolique, rappeler lundi.' else 'Rappelé.' end, '2024-05-05', '2025-11-01 03:00', 29
        from generate_series(1, %(clients)s) as i;
    insert into gst_contact (fk_tiers, lastname, note_private, datec) select i, 'Contact', 'Joindre le matin.', '2024-02-02' from generate_series(1, 20) as i;
    insert into gst_facture (ref, fk_tiers, note_private) select 'FA' || i, i, 'Payée.' from generate_series(1, 20) as i;
    insert into gst_tiers_extrafields (fk_object, commentaire_accueil) select i, 'Parle fort.' from generate_series(1, 20) as i;
"""


@dataclass
class Walk:
    """The database, and the commands as each role runs them."""

    dsn: str
    conn: connection.Connection

    def run(self, *args: str, user: str = "gst_owner", keys: str = "") -> Ran:
        dsn = make_conninfo(self.dsn, user=user)
        done = CliRunner().invoke(motjuste, list(args), input=keys, env={"MOTJUSTE_DSN": dsn})
        if isinstance(done.exception, MotjusteError):
            return Ran(2, f"{done.output}{done.exception.message}\n{done.exception.hint}")
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.output)

    def does(self, code: int, *args: str, **more: str) -> str:
        """What a command prints that ends as it should."""
        ran = self.run(*args, **more)
        assert ran.code == code, (args, ran.code, ran.output)
        assert "Traceback" not in ran.output and "permission denied" not in ran.output, (args, ran.output)
        return ran.output

    def all(self, query: str) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode()).fetchall()

    def notes(self) -> dict[tuple[str, int], str]:
        """Every note that the package holds, but the history's."""
        return {
            (table, key): note
            for table, column, key_column in (
                ("gst_tiers", "note_private", "rowid"), ("gst_tiers", "note_public", "rowid * -1"), ("gst_actioncomm", "note", "id"),
                ("gst_contact", "note_private", "rowid"), ("gst_facture", "note_private", "rowid"), ("gst_tiers_extrafields", "commentaire_accueil", "rowid"),
            )
            for key, note in self.all(f"select {key_column}, {column} from gestion.{table}")
        }  # fmt: skip


@pytest.fixture
def walk(cluster: Cluster, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(reading, "PART_BYTES", 3 * 8192)
    monkeypatch.chdir(tmp_path)
    name = cluster.create("C", cluster.template("C"))
    dsn = cluster.server.dsn(name)
    with psycopg.connect(dsn, autocommit=True) as above:
        for role in ("gst_owner", "dpo"):
            above.execute(f"drop role if exists {role}; create role {role} login".encode())
        # the template's installation changes hands: an own one takes as long as all the rest
        above.execute(sql.SQL("alter database {} owner to gst_owner").format(sql.Identifier(name)))
    with connection.connect(dsn) as above:
        install.install(above, finder(pack), owner="gst_owner")
    try:
        with connection.connect(make_conninfo(dsn, user="gst_owner")) as conn:
            conn.execute(SCHEMA.read_bytes())
            with psycopg.ClientCursor(conn) as cursor:
                cursor.execute(
                    DATA.encode(), {"bad": BAD, "faulty": FAULTY, "plain": PLAIN, "clients": CLIENTS}
                )
            conn.execute("analyze; reset search_path")
            Path("motjuste.toml").write_text(POLICY, encoding="utf-8")
            yield Walk(dsn, conn)
    finally:
        cluster.drop(name)
        cluster.execute(sql.SQL("drop role gst_owner"))
        cluster.execute(sql.SQL("drop role dpo"))


@pytest.mark.first_server
def test_the_walk(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = CLIENTS // BAD
    assert walk.all("select rolsuper from pg_roles where rolname = current_user") == [(False,)]
    before = walk.notes()

    # 1. what is there
    told = walk.does(0, "discover", "--schema", "gestion")
    for column in ("gst_tiers.note_private", "gst_tiers.note_public", "gst_contact.note_private", "gst_actioncomm.note",
                   "gst_facture.note_private", "gst_tiers_histo.note_private", "gst_tiers_extrafields.commentaire_accueil"):  # fmt: skip
        assert column in told, told
    walk.does(0, "install")
    assert "never scanned" in walk.does(1, "status")

    # 2. a scan that is stopped loses nothing, and nobody drops it unasked
    with monkeypatch.context() as patch:
        after_first_part(patch, lambda: os.kill(os.getpid(), signal.SIGINT))
        told = walk.does(2, "scan")
    assert "stopped: 1 of" in told and "--resume" in told
    assert "it would drop the scan" in walk.does(2, "scan", "gestion.gst_contact.note_private")
    assert "going on with the scan" in walk.does(1, "scan")
    assert walk.all("select count(*), count(distinct (relation, column_name, row_key, rule_id, start)) from motjuste.finding") == [
        (3 * faulty, 3 * faulty)
    ]  # fmt: skip
    walk.does(0, "status")

    # 3. the officer reviews: of two findings in a note one is accepted, the other stays
    walk.does(0, "grant", "dpo", "--officer")
    assert "grant select on gestion.gst_tiers to dpo" in walk.does(1, "review", "--accept-all", user="dpo")
    walk.conn.execute(
        "grant usage on schema gestion to dpo; grant select on all tables in schema gestion to dpo"
    )
    walk.does(
        0,
        "review",
        "--rule",
        "sante-depression-suicide",
        "--action",
        "dismiss",
        "--reason",
        "du précédent locataire",
        user="dpo",
    )
    walk.does(0, "review", "--rule", "sante-alcool", "--accept-all", user="dpo")
    assert walk.all("select status, count(*) from motjuste.finding group by 1 order by 1") == [
        ("accepted", 2 * faulty), ("dismissed", faulty),
    ]  # fmt: skip
    # 4. a second reader confirms; the first may not
    assert "de votre part" in walk.does(1, "review", "--second-reader", user="dpo")
    walk.does(0, "review", "--second-reader", "--reviewer", "benoit", keys="y\n" * 2 * faulty)

    # 5. the file of decisions is lost, and the plan: the database gives the same bytes again
    walk.does(0, "decisions", "export", "d.jsonl")
    decided = Path("d.jsonl").read_bytes()
    Path("d.jsonl").unlink()
    walk.does(0, "decisions", "export", "d.jsonl")
    assert Path("d.jsonl").read_bytes() == decided
    plan = ("migrate", "plan", "--output", "plan", "--second-reader")
    walk.does(0, *plan)
    files = {f.name: f.read_bytes() for f in Path("plan").iterdir()}
    shutil.rmtree("plan")
    walk.does(0, *plan)
    assert {f.name: f.read_bytes() for f in Path("plan").iterdir()} == files

    # 6. the redaction, by the owner; what the history trigger copies meanwhile is told, and is not called done
    walk.does(1, "migrate", "apply", "plan", "--dry-run")
    assert walk.notes() == before
    assert "gst_tiers_histo" in walk.does(1, "migrate", "apply", "plan", "--yes")
    assert "gst_tiers_histo" in walk.does(1, "migrate", "verify", "plan")
    after = walk.notes()
    assert after.keys() == before.keys()
    changed = {place for place in before if before[place] != after[place]}
    assert changed == {("gst_tiers", i) for i in range(BAD, CLIENTS + 1, BAD)} | {
        ("gst_actioncomm", i) for i in range(BAD, CLIENTS + 1, BAD)
    }
    for place in changed:
        assert "alcoolique" not in after[place] and "lundi" in after[place]
        if place[0] == "gst_tiers":
            assert STAYS in after[place] and "Facture 2024-118 payée." in after[place]
    # the copies are watched: found as they were made, to be decided as any other
    histo = ("--relation", "gestion.gst_tiers_histo")
    walk.does(0, "review", *histo, "--rule", "sante-alcool", "--accept-all", user="dpo")
    walk.does(
        0,
        "review",
        *histo,
        "--action",
        "dismiss",
        "--reason",
        "idem",
        "--allow-empty",
        user="dpo",
    )
    walk.does(0, "migrate", "plan", "--output", "histo")
    walk.does(0, "migrate", "apply", "histo", "--yes")
    walk.does(0, "migrate", "verify", "histo")
    walk.does(0, "migrate", "verify", "plan")
    assert walk.all("select count(*) from gestion.gst_tiers_histo where note_private ~ 'alcoolique'") == [
        (0,)
    ]
    assert walk.all("select count(*) from gestion.gst_tiers_histo where note_private ~ 'dépressive'") == [
        (faulty,)
    ]
    # what was judged to stay is found again, and asked of nobody again
    walk.does(0, "scan")
    assert walk.all("select count(*) from motjuste.finding where status in ('open', 'accepted')") == [(0,)]
    walk.does(0, "status")

    # 7. a person asks for her notes: who wrote them, and when, as the package knows it
    client = f"gestion.gst_tiers={BAD}"
    told = walk.does(1, "access", "--subject", client, "--output", "copie", user="dpo")
    assert (
        "no key ties gestion.gst_tiers_histo" in told and 'from = "gestion.gst_tiers_histo.fk_tiers"' in told
    )
    link = 'from = "gestion.gst_tiers_histo.fk_tiers"\nto = "gestion.gst_tiers.rowid"'
    Path("motjuste.toml").write_text(f"{POLICY}\n[[link]]\n{link}\n", encoding="utf-8")
    assert "complete: every table" in walk.does(
        0, "access", "--subject", client, "--output", "copie", user="dpo"
    )
    copy = json.loads(Path("copie/acces.json").read_text(encoding="utf-8"))
    told_of = {
        (n["table"], n["column"]): (n["author"], n["written"], n["date_column"]) for n in copy["notes"]
    }
    assert told_of["gestion.gst_tiers", "note_private"] == (
        "Claire Dubois (n° 29)",
        "2024-01-03 02:30",
        "datec",
    )
    assert told_of["gestion.gst_actioncomm", "note"] == ("utilisateur n° 29", "2024-05-05 00:00", "datec")

    # 8. the end: the register is kept, and the package is as it was
    told = walk.does(0, "uninstall", "--dry-run")
    assert "1 request(s) for access" in told and "trigger(s) on gestion.gst_tiers" in told
    walk.does(0, "uninstall", "--yes", "--export", "registre.jsonl", "--decisions")
    kept = [json.loads(line) for line in Path("registre.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["subjects"][0]["key"] for r in kept if r["table"] == "request"] == [{"rowid": BAD}]
    dismissed = [r for r in kept if r.get("status") == "dismissed"]
    assert len(dismissed) == 2 * faulty and {r["decided_by"] for r in dismissed} == {"dpo"}
    assert walk.notes() == after
    triggers = walk.all("select tgname from pg_trigger where not tgisinternal order by 1")
    assert triggers == [("histo",), ("tms",)]
    assert walk.all("select count(*) from pg_namespace where nspname = 'motjuste'") == [(0,)]
