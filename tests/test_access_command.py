"""`motjuste access` as a user runs it: files, exit codes, register, erasure; no note anywhere but in the folder."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner

from motjuste.access.document import RESTRICTED
from motjuste.cli.main import motjuste
from motjuste.db.connection import Connection, connect
from motjuste.errors import MotjusteError

pytestmark = [pytest.mark.first_server, pytest.mark.few_rules]  # says nothing of a server's version

SCHEMA = """
create schema crm;
create table crm.client (id int primary key, civilite text, nom text, commentaire text);
create table crm.appel (id int primary key, client_id int references crm.client, agent text, jour date, compte_rendu text not null);
create table crm.libre (client_id int references crm.client, remarque text);
insert into crm.client values (1, 'M.', 'Lucas', 'Client alcoolique <b>, vu avec Mme Dubreuil'), (2, 'Mme', 'Roux', 'RAS, rien de plus');
insert into crm.appel values (10, 1, 'jean', '2026-02-03', 'M. Lucas rappelle, son fils Kévin au 06 12 34 56 78'), (20, 2, 'jean', '2026-02-03', 'Facture payée');
insert into crm.libre values (1, 'Facture payée'), (2, 'Facture payée');
"""
FILES = ["acces.csv", "acces.html", "acces.json", "acces.md"]
WORDS = ("alcoolique", "Dubreuil", "Kévin", "rappelle")


@dataclass
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A database with two persons, a folder, and the command run on them."""

    dsn: str
    folder: Path
    conn: Connection

    def run(self, *args: str) -> Ran:
        """Run one command; an error of ours counts as exit code 2, as in cli.main.run."""
        result = CliRunner().invoke(motjuste, list(args), env={"MOTJUSTE_DSN": self.dsn})
        if isinstance(result.exception, MotjusteError):
            return Ran(
                2, result.stdout, f"{result.stderr}{result.exception.message}\n{result.exception.hint}"
            )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def access(self, *args: str, subject: str = "crm.client=1") -> Ran:
        return self.run("access", "--subject", subject, "--output", str(self.folder / "copie"), *args)

    def read(self, name: str) -> str:
        return (self.folder / "copie" / name).read_text(encoding="utf-8")


@pytest.fixture
def desk(installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    with connect(installed) as conn:
        conn.execute(SCHEMA.encode())
        yield Desk(installed, tmp_path, conn)


def day(days: int) -> str:
    return (date.today() + timedelta(days=days)).isoformat()


def test_the_copy_its_marks_and_its_rights(desk: Desk) -> None:
    ran = desk.access()
    assert ran.code == 0, ran.err
    folder = desk.folder / "copie"
    assert sorted(p.name for p in folder.iterdir()) == FILES
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert not any(word in ran.out + ran.err for word in WORDS)
    assert "3 notes, in clear" in ran.err
    page = desk.read("acces.html")
    assert "<mark>alcoolique<sup>Santé</sup></mark> &lt;b&gt;" in page
    assert '<mark class="tiers">Dubreuil<sup>tiers</sup></mark>' in page
    assert "une fois la copie remise, et non avant" in page
    values = json.loads(desk.read("acces.json"))
    assert values["complete"] is True
    assert [(n["column"], n["author"], n["written"]) for n in values["notes"]] == [
        ("compte_rendu", "jean", "2026-02-03"), ("commentaire", "", ""), ("remarque", "", ""),
    ]  # fmt: skip
    marked = {n["text"][m["start"] :][: m["length"]] for n in values["notes"] for m in n["marks"]}
    assert marked == {"alcoolique", "Dubreuil", "Kévin", "06 12 34 56 78"}
    rows = list(csv.DictReader(io.StringIO(desk.read("acces.csv").removeprefix("\ufeff")), delimiter=";"))
    assert [(r["tiers"], r["passages"]) for r in rows] == [("2", ""), ("1", "Santé"), ("0", "")]
    assert "> Client **alcoolique** \\[Santé\\] \\<b\\>, vu avec Mme **Dubreuil** \\[tiers\\]" in desk.read(
        "acces.md"
    )


def test_masked_copies_hold_no_third_person(desk: Desk) -> None:
    assert desk.access("--mask").code == 0
    for name in FILES:
        text = desk.read(name)
        assert not any(word in text for word in ("Dubreuil", "Kévin", "06 12 34 56 78"))
        assert "alcoolique" in text
        assert "Lucas" in text
    assert "ont été masqués" in desk.read("acces.html")


def test_an_answer_is_entered_in_the_register_once(desk: Desk) -> None:
    ran = desk.access("--received", day(-10))
    assert "request 1, received" in ran.err
    assert desk.access("--mask").code == 0
    listed = desk.run("access", "register", "--format", "json")
    assert listed.code == 0
    (one,) = json.loads(listed.out)
    assert (one["subjects"], one["complete"], one["notes"], one["received"]) == (
        [{"table": "crm.client", "key": {"id": 1}}], True, 3, day(-10),
    )  # fmt: skip
    assert desk.access(subject="crm.client=2").code == 0
    assert len(json.loads(desk.run("access", "register", "--format", "json").out)) == 2


def test_the_term_is_a_month_by_the_calendar_and_two_more_with_a_reason(desk: Desk) -> None:
    query = "select due from motjuste.request order by id"
    for received, due in (("2026-01-31", date(2026, 2, 28)), ("2024-01-30", date(2024, 2, 29)), ("2025-12-15", date(2026, 1, 15))):  # fmt: skip
        desk.conn.execute("truncate motjuste.request")
        desk.run("access", "receive", "--subject", "crm.client=1", "--received", received)
        assert desk.conn.execute(query).fetchall() == [(due,)]
    assert desk.run("access", "register").code == 1
    desk.conn.execute("truncate motjuste.request restart identity")
    assert desk.run("access", "receive", "--subject", "crm.client=1", "--received", day(-20)).code == 0
    again = desk.run("access", "receive", "--subject", "crm.client=1")
    assert "request 1 was there already" in again.out
    assert desk.run("access", "extend", "1", "--reason", " ").code == 2
    assert desk.run("access", "extend", "1", "--reason", "archives").code == 0
    [(extended,)] = desk.conn.execute(
        "select due = (received + interval '3 months')::date from motjuste.request"
    ).fetchall()
    assert extended
    assert "was extended before" in desk.run("access", "extend", "1", "--reason", "encore").err
    assert "no request 9" in desk.run("access", "extend", "9", "--reason", "x").err
    listed = desk.run("access", "register", "--format", "csv")
    assert listed.code == 0
    assert "archives" in listed.out
    assert desk.access().code == 0
    assert "is answered" in desk.run("access", "extend", "1", "--reason", "x").err


def test_an_overdue_request_fails_until_it_is_answered(desk: Desk) -> None:
    desk.run("access", "receive", "--subject", "crm.client=1", "--received", day(-40))
    listed = desk.run("access", "register")
    assert listed.code == 1
    assert "à répondre, en retard" in listed.out
    assert "is overdue" in desk.run("access", "extend", "1", "--reason", "x").err
    assert desk.access().code == 0
    assert desk.run("access", "register").code == 0


def test_an_empty_register_is_said(desk: Desk) -> None:
    assert desk.run("access", "register").code == 2
    assert desk.run("access", "register", "--allow-empty").code == 0


def test_an_incomplete_answer_says_so_first_and_stays_open(desk: Desk) -> None:
    desk.conn.execute("create table crm.vrac (remarque text); insert into crm.vrac values ('x')")
    ran = desk.access()
    assert ran.code == 1
    assert "no key ties crm.vrac (remarque) to the person" in ran.err
    assert "NOT complete" in ran.err
    assert desk.read("acces.md").startswith("**Réponse NON COMPLÈTE")
    assert "réponse incomplète" in desk.run("access", "register").out
    assert desk.access("--leave", "crm.vrac").code == 0
    assert "répondue" in desk.run("access", "register").out
    assert desk.access().code == 1  # once a complete answer was made, the request stays answered
    assert "répondue" in desk.run("access", "register").out


def test_a_role_with_few_rights_gets_files_that_say_so(desk: Desk) -> None:
    desk.conn.execute(
        "create role guichet login; grant usage on schema crm to guichet; grant select on crm.client, crm.libre to guichet"
    )
    try:
        desk.dsn = desk.dsn.replace("user=postgres", "user=guichet")
        ran = desk.access()
        assert ran.code == 2
        assert "NOT READ crm.appel: this role may not read crm.appel.client_id" in ran.err
        assert "not recorded in the register: this role may not keep the register" in ran.err
        assert desk.read("acces.md").startswith("**Réponse INCOMPLÈTE")
        assert json.loads(desk.read("acces.json"))["complete"] is False
        assert desk.run("access", "register").code == 2
    finally:
        desk.conn.execute("drop owned by guichet; drop role guichet")


def test_it_works_where_nothing_is_installed(desk: Desk) -> None:
    desk.run("uninstall", "--yes")
    ran = desk.access()
    assert ran.code == 0
    assert "motjuste is not installed" in ran.err
    assert desk.run("access", "register").code == 2


def test_an_officers_role_answers_requests_and_samples(desk: Desk) -> None:
    desk.conn.execute("drop role if exists dpo; create role dpo login")
    desk.conn.execute("grant usage on schema crm to dpo; grant select on all tables in schema crm to dpo")
    owner, officer = desk.dsn, desk.dsn.replace("user=postgres", "user=dpo")
    try:
        assert desk.run("grant", "dpo").code == 0
        desk.dsn = officer
        for command in (
            ("receive", "--subject", "crm.client=1"),
            ("register",),
            ("extend", "1", "--reason", "x"),
        ):
            ran = desk.run("access", *command)
            assert (ran.code, "motjuste grant ROLE --officer" in ran.err) == (2, True)
        desk.dsn = owner
        assert desk.run("grant", "dpo", "--officer").code == 0
        desk.dsn = officer
        assert desk.run("access", "receive", "--subject", "crm.client=1").code == 0
        assert desk.access("--erase", "effacer.jsonl").code == 0
        assert "répondue" in desk.run("access", "register").out
        drawn = ("sample", "--column", "crm.client.commentaire", "--size", "2", "--output", "t.csv")
        assert desk.run(*drawn).code == 0
        sheet = desk.folder / "t.csv"
        sheet.write_text(sheet.read_text(encoding="utf-8").replace(";;;;", ";oui;oui;oui;"), encoding="utf-8")
        assert desk.run("sample", "import", "t.csv").code == 0
        assert desk.run("sample", "rate").code == 0
        desk.dsn = owner
        assert desk.run("revoke", "dpo").code == 0
        desk.dsn = officer
        assert desk.run("access", "register").code == 2
    finally:
        desk.conn.execute("drop owned by dpo; drop role dpo")


BAD_INPUT = [
    (("access",), "needs a person and a folder"),
    (("access", "--subject", "crm.client=1"), "needs a person and a folder"),
    (("access", "--output", "x"), "needs a person and a folder"),
    (("access", "--subject", "crm.client=9", "--output", "x"), "no row of crm.client has this id"),
    (("access", "--subject", "crm.libre=9", "--output", "x"), "crm.libre has no key"),
    (("access", "--subject", "crm.client=1", "--output", "x", "--received", "2999-01-01"), "is in the future"),
    (("access", "--subject", "crm.client=1", "--output", "taken"), "holds other files: theirs"),
    (("access", "--subject", "crm.client=1", "--output", "taken/theirs"), "is a file"),
    (("access", "receive"), "--subject crm.client=42"),
    (("access", "receive", "--subject", "crm.client=9"), "no row of crm.client has this id"),
    (("access", "receive", "--subject", "crm.client=1", "--received", "2999-01-01"), "is in the future"),
]  # fmt: skip


def test_bad_input_is_said_and_nothing_is_written(desk: Desk) -> None:
    (desk.folder / "taken").mkdir()
    (desk.folder / "taken" / "theirs").write_text("x")
    for args, message in BAD_INPUT:
        ran = desk.run(*args)
        assert (ran.code, message in ran.err) == (2, True), (args, ran.err)
    assert [p.name for p in desk.folder.iterdir()] == ["taken"]
    assert desk.conn.execute("select count(*) from motjuste.request").fetchall() == [(0,)]


def test_of_an_agent_the_keys_only_say_what_she_wrote(desk: Desk) -> None:
    desk.conn.execute(
        "create table crm.agent (login text primary key); insert into crm.agent values ('jean')"
    )
    desk.conn.execute("alter table crm.appel add foreign key (agent) references crm.agent")
    ran = desk.access(subject="crm.agent=jean")
    assert ran.code == 2
    assert "keys that say what she wrote were not followed" in ran.err
    assert "--follow crm.appel.agent" in ran.err


def test_erasure_goes_through_the_migration_and_touches_nobody_else(desk: Desk) -> None:
    ran = desk.access("--erase", "effacer.jsonl")
    assert ran.code == 0
    assert "2 notes to empty" in ran.err
    assert "crm.libre has no primary key" in ran.err
    file = desk.folder / "effacer.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(word in file.read_text(encoding="utf-8") for word in WORDS)
    assert desk.run("migrate", "plan", "effacer.jsonl", "--output", "plan").code == 0
    assert desk.run("migrate", "apply", "plan", "--yes").code == 0
    assert desk.run("migrate", "verify", "plan").code == 0
    notes = desk.conn.execute(
        "select commentaire from crm.client union all select compte_rendu from crm.appel order by 1"
    ).fetchall()
    assert notes == [("",), ("",), ("Facture payée",), ("RAS, rien de plus",)]
    assert desk.conn.execute("select count(*) from crm.libre where remarque <> ''").fetchall() == [(2,)]


def restricted(desk: Desk, *options: str) -> Ran:
    """The plan of a restriction of everything that crm.client=1 has."""
    assert desk.access("--restrict", "limiter.jsonl").code == 0
    return desk.run("migrate", "plan", "limiter.jsonl", "--output", "plan", *options)


def test_a_restriction_puts_notes_out_of_reach_and_gives_them_back(desk: Desk) -> None:
    """Also those with findings in a watched column; read again by a second person on the way; nobody else's are touched."""
    desk.conn.execute("alter table crm.appel alter compte_rendu type varchar(55)")
    desk.conn.execute(
        "create table crm.dossier (id int primary key, client_id int references crm.client, details jsonb)"
    )
    desk.conn.execute(
        """insert into crm.dossier values (1, 1, '{"note": "Voir avec Kévin", "n": 3}'), (2, 2, '{"note": "RAS"}')"""
    )
    everything = """select 'client', id, commentaire from crm.client union all select 'appel', id, compte_rendu from crm.appel
        union all select 'dossier', id, details::text from crm.dossier order by 1, 2"""
    before = desk.conn.execute(everything).fetchall()
    desk.conn.execute("select motjuste.attach('crm.client', 'commentaire', 'flag')")
    assert desk.run("scan", "crm.client.commentaire").code == 1
    identity = pyrage.x25519.Identity.generate()
    (desk.folder / "key.txt").write_text(str(identity))
    options = ("--escrow", str(identity.to_public()), "--escrow-until", day(60))
    assert desk.access("--restrict", "limiter.jsonl").code == 0
    assert not any(word in (desk.folder / "limiter.jsonl").read_text(encoding="utf-8") for word in WORDS)
    assert "nobody confirmed it" in desk.run("migrate", "plan", "limiter.jsonl", "--output", "plan", "--second-reader", *options).err  # fmt: skip
    again = CliRunner().invoke(
        motjuste,
        ["review", "--second-reader", "--reviewer", "benoit", "--decisions", "limiter.jsonl"],
        input="y\ny\ny\n",
        env={"MOTJUSTE_DSN": desk.dsn},
    )
    assert again.exit_code == 0, again.output
    assert "restriction: limitation du traitement (RGPD, art. 18)" in again.output
    assert (
        desk.run("migrate", "plan", "limiter.jsonl", "--output", "plan", "--second-reader", *options).code
        == 0
    )
    assert desk.run("migrate", "apply", "plan", "--yes").code == 0
    assert desk.run("migrate", "verify", "plan").code == 0
    assert desk.conn.execute(everything).fetchall() == [
        ("appel", 10, RESTRICTED[1]), before[1],
        ("client", 1, RESTRICTED[0]), before[3],
        ("dossier", 1, f'{{"n": 3, "note": "{RESTRICTED[0]}"}}'), before[5],
    ]  # fmt: skip
    assert desk.conn.execute("select status from motjuste.finding").fetchall() == [("corrected",)]

    ran = desk.access()  # what is restricted is still the person's to read
    assert (ran.code, "3 notes are under restriction" in ran.err) == (1, True)
    assert "3 commentaires sont sous limitation" in desk.read("acces.html")
    assert "3 commentaires sont sous limitation" in desk.read("acces.md")

    back = ("migrate", "restore", "plan/escrow-plan.age", "--identity", "key.txt", "--all", "--yes")
    assert desk.run(*back).code == 0
    assert desk.conn.execute(everything).fetchall() == before
    assert desk.conn.execute("select status from motjuste.finding").fetchall() == [("open",)]
    assert desk.access().code == 0


def test_what_no_update_can_change_is_said_and_not_erased(desk: Desk) -> None:
    desk.conn.execute(
        "alter table crm.client add commentaire_maj text generated always as (upper(commentaire)) stored;"
        "select motjuste.attach('crm.client', 'commentaire_maj')"
    )
    ran = desk.access("--erase", "effacer.jsonl")
    assert "crm.client.commentaire_maj: not among them, it is computed from other columns" in ran.err
    lines = Path("effacer.jsonl").read_text().splitlines()
    assert {json.loads(line)["column"] for line in lines} == {"commentaire", "compte_rendu"}
    assert desk.run("migrate", "plan", "effacer.jsonl", "--output", "plan").code == 0
    assert desk.run("migrate", "apply", "plan", "--yes").code == 0


def test_a_restriction_that_could_not_be_lifted_is_refused(desk: Desk) -> None:
    assert "exclude each other" in desk.access("--erase", "a", "--restrict", "b").err
    ran = restricted(desk)
    assert (ran.code, "its notes need an escrow" in ran.err) == (2, True)
    key = str(pyrage.x25519.Identity.generate().to_public())
    ran = restricted(desk, "--escrow", key, "--escrow-until", day(60), "--copies", "redact")
    assert (ran.code, "would not come back" in ran.err) == (2, True)
    assert not (desk.folder / "plan").exists()


def test_the_connection_is_given_to_the_group_or_to_its_command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MOTJUSTE_DSN", "PGHOST", "PGSERVICE"):
        monkeypatch.delenv(variable, raising=False)
    for arguments in (
        ["access", "--dsn", desk.dsn, "register", "--allow-empty"],
        ["access", "register", "--allow-empty", "--dsn", desk.dsn],
        # the nearer one counts
        ["access", "--dsn", "host=/nowhere", "register", "--allow-empty", "--dsn", desk.dsn],
    ):
        done = CliRunner().invoke(motjuste, arguments)
        assert done.exit_code == 0, (arguments, done.output, done.exception)
    for command in (["access", "receive"], ["access", "extend"], ["sample", "import"], ["sample", "rate"]):
        assert "--dsn" in CliRunner().invoke(motjuste, [*command, "--help"]).output
