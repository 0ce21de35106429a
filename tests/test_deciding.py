"""Decisions in the database: none is lost, none is overruled in silence, two persons decide at once, files are exports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from conftest import Cluster, finder
from flow import BAD, GOOD, Bench, wait_until
from managed import managed
from motjuste.cli.desk import Desk, desk_of
from motjuste.db import connection, findings, rekey, sampling
from motjuste.migration import decisions
from motjuste.model import Decision, Pack
from motjuste.review.note import Note, by_note
from motjuste.review.session import Answer, Session

pytestmark = pytest.mark.first_server  # says nothing of a server's version

STATES = "select status || ' ' || coalesce(decided_by, '-') from motjuste.finding order by row_key, start"
TWO = "Client alcoolique. Sa femme est dépressive. Dossier complet."


@pytest.fixture
def found(client: Bench) -> Bench:
    """Three bad notes, scanned."""
    assert client.run("scan", "public.client.note").code == 1
    return client


def made(b: Bench) -> list[Decision]:
    b.export()
    return decisions.read(b.decisions.read_bytes().decode(), "f")


def plans(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def planned(b: Bench, folder: str, *files: Path) -> dict[str, bytes]:
    ran = b.run("migrate", "plan", *map(str, files), "--output", folder, "--name", "n")
    assert ran.code == 0, ran.output
    return plans(b.folder / folder)


# -- nothing is lost --------------------------------------------------------------------------------------


def test_a_lost_file_loses_nothing(found: Bench) -> None:
    assert found.review("--accept-all", "--reviewer", "alice").code == 0
    before = found.decisions.read_bytes()
    first = planned(found, "one", found.decisions)
    found.decisions.unlink()
    assert planned(found, "two") == first
    assert len(made(found)) == 3 and found.decisions.read_bytes() == before
    # nor does a review without any file
    found.decisions.unlink()
    assert found.run("review", "--redo", "--action", "mask", "--reviewer", "alice").code == 0
    assert not found.decisions.exists() and {v.action for d in made(found) for v in d.verdicts} == {"mask"}
    assert found.plan().code == 0 and found.apply().code == 0 and found.verify().code == 0
    assert found.column("select status from motjuste.finding") == ["redacted"] * 3


def test_a_plan_of_the_database_is_that_of_its_file(client: Bench) -> None:
    """Whatever keys, columns and answers; also with decisions that change nothing, and notes that go whole."""
    client.conn.execute(
        """create table "Über" ("Zé" numeric, b text, note text, primary key ("Zé", b));
        create table heap (note text); insert into heap values ('Client alcoolique.');
        alter table client add other_note text; update client set other_note = note where id < 3"""
    )
    with client.conn.cursor() as cursor:
        cursor.executemany(
            'insert into "Über" values (%s, %s, %s)',
            [("1.50", "é", BAD), ("10", "z\u2028", BAD), ("9", 'a"\\\n', BAD), ("-2.5", "", TWO)],
        )
    columns = ("client.note", "client.other_note", "heap.note", "Über.note")
    assert client.run("scan", *columns).code == 1
    answers = f"a\nm\nx\nd\nnom\nt\ncité\n{date.today() + timedelta(days=30)}\ne\nRappeler mardi.\n.\n"
    ran = client.review(keys=answers + "a\n" * 9)
    assert ran.code == 0, ran.output
    one = made(client)
    assert len(one) == 3 + 2 + 1 + 4 and [decisions.identity(d) for d in one] == sorted(
        map(decisions.identity, one)
    )
    assert {v.action for d in one for v in d.verdicts} == {"accept", "mask", "erase", "dismiss", "tolerate"}
    assert planned(client, "database") == planned(client, "file", client.decisions)
    assert client.run("migrate", "apply", "database", "--yes").code == 0
    assert client.one("select count(*) from motjuste.decision") == 0


@pytest.mark.first_server
def test_a_review_that_is_killed_keeps_every_answer(found: Bench) -> None:
    with reviewing(found, "alice") as bob:
        bob.told("1 / 3")
        bob.says("a")
        bob.told("2 / 3")
        bob.process.send_signal(signal.SIGKILL)
    assert found.column(STATES) == ["accepted alice", "open -", "open -"]
    assert found.plan().code == 0 and found.apply().code == 0
    assert found.column("select note from client order by id") == [GOOD, BAD, BAD, GOOD]
    # what somebody accepts by SQL says of no note what is to be written
    found.conn.execute("update motjuste.finding set status = 'accepted' where row_key ->> 'id' = '2'")
    assert "1 note(s) are accepted, and nothing says what is to be written" in found.plan().output


@pytest.mark.first_server
def test_a_file_that_lags_behind_is_no_plan(found: Bench) -> None:
    assert found.review("--accept-all", "--reviewer", "alice").code == 0
    old = found.decisions.read_bytes()
    assert found.run("review", "--redo", "--reviewer", "alice", keys="d\nnom\nm\ns\nq\n").code == 1
    ran = found.plan(found.decisions)
    assert ran.code == 2 and "decisions.jsonl:1: the database does not hold this decision" in ran.output
    lines = old.splitlines(keepends=True)
    found.decisions.write_bytes(lines[1])
    assert "another decision of it, by alice" in found.plan(found.decisions).output
    # what the database holds is planned, in part where the file is a part of it
    found.export()
    assert found.plan(found.decisions).code == 0
    assert found.column(STATES) == ["dismissed alice", "accepted alice", "open -"]
    assert found.apply().code == 0
    assert found.column("select note from client order by id")[:3] == [
        BAD,
        "Client […]. Rappeler lundi.",
        BAD,
    ]


# -- nothing is overruled in silence --------------------------------------------------------------------------


def test_a_bulk_answer_leaves_dismissals_and_what_others_decided(found: Bench) -> None:
    found.run("review", "--reviewer", "alice", keys="d\nun nom\na\nq\n")
    assert found.review("--accept-all", "--reviewer", "bob").code == 0
    before = found.column(STATES)
    assert before == ["dismissed alice", "accepted alice", "accepted bob"]
    ran = found.review("--redo", "--accept-all", "--reviewer", "bob")
    assert (ran.code, found.column(STATES)) == (0, before)
    assert (
        "2 constat(s) écarté(s) comme fausse alerte, ou décidé(s) par une autre personne : inchangé(s) ; --overrule"
        in ran.output
    )
    # one's own dismissals are none that a bulk answer may undo either
    ran = found.review("--redo", "--accept-all", "--reviewer", "alice")
    assert (ran.code, found.column(STATES)) == (0, before)
    assert "2 constat(s) écarté(s)" in ran.output
    ran = found.review("--redo", "--accept-all", "--overrule", "--reviewer", "bob")
    assert ran.code == 0 and "left so" not in ran.output
    # nobody's name is put to what did not change
    assert found.column(STATES) == ["accepted bob", "accepted alice", "accepted bob"]
    assert found.one("select count(*) from motjuste.decision") == 3


def test_to_erase_in_bulk_spares_what_is_to_stay(client: Bench) -> None:
    client.conn.execute(
        "delete from client where id > 2; update client set note = %s where id = 1".replace("%s", f"'{TWO}'")
    )
    client.run("scan", "public.client.note")
    client.run("review", "--reviewer", "alice", keys="d1\nnom\nq\n")
    assert client.column(STATES)[0] == "dismissed alice"
    ran = client.run("review", "--action", "erase", "--reviewer", "bob")
    assert ran.code == 1 and '{"id": 1}: 1 passage(s) de cette note doivent rester ; --overrule' in ran.output
    assert client.column(STATES) == ["dismissed alice", "open -", "accepted bob"]
    # nor does a spreadsheet; and who does it by hand is told
    assert client.run("review", "export", "r.csv").code == 0
    head, line = Path("r.csv").read_text(encoding="utf-8").splitlines()
    assert head.endswith(",decision,new_text,reason,until") and line.endswith(",,,,")
    Path("r.csv").write_text(f"{head}\n{line.removesuffix(',,,,')},erase,,,\n", encoding="utf-8")
    ran = client.run("review", "import", "r.csv")
    assert ran.code == 2 and "r.csv:2: sa note a un passage qui doit rester ; --redo" in ran.output
    ran = client.run("review", "--reviewer", "bob", keys="x\n")
    assert "effacés avec elle : 1 passage(s) qui devaient rester" in ran.output
    assert client.column(STATES) == ["dismissed alice", "accepted bob", "accepted bob"]
    ran = client.run("review", "--redo", "--action", "erase", "--reviewer", "bob")
    assert ran.code == 1 and "1 constat(s) écarté(s)" in ran.output
    again = client.run("review", "--redo", "--action", "erase", "--overrule", "--reviewer", "bob")
    assert again.code == 0 and client.column(STATES) == ["accepted bob"] * 3
    assert [(d.edits[0].start, d.edits[0].length) for d in made(client)] == [(0, len(TWO)), (0, len(BAD))]


def test_who_decides_again_sees_what_was_decided(found: Bench) -> None:
    found.run("review", "--reviewer", "alice", keys="d\nun nom\nq\n")
    ran = found.run("review", "--redo", "--reviewer", "bob", keys="a\nq\n")
    assert "décidé      fausse alerte par alice : un nom" in ran.output
    assert found.column(STATES)[0] == "accepted bob"


# -- two persons at once -----------------------------------------------------------------------------------------


class Reviewing:
    """`motjuste review` in a process of its own, which is told and says one thing after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.output = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        while letter := self.process.stdout.read(1):
            self.output += letter

    def told(self, what: str) -> None:
        wait_until(lambda: what in self.output and self.output.endswith("> "), 60)

    def says(self, *lines: str) -> None:
        assert self.process.stdin
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()


@contextmanager
def reviewing(b: Bench, reviewer: str, *options: str) -> Iterator[Reviewing]:
    command = [sys.executable, "-m", "motjuste", "review", "--reviewer", reviewer, *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env={**os.environ, "MOTJUSTE_DSN": b.dsn}, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:  # fmt: skip
        try:
            yield Reviewing(process)
        finally:
            process.kill()


def test_the_second_of_two_is_told(found: Bench) -> None:
    with reviewing(found, "bob") as bob:
        bob.told("1 / 3")
        # alice is quicker: with the note that bob looks at, and one that is read ahead
        assert found.review("--reviewer", "alice", keys="d\nun nom\na\nq\n").code == 1
        bob.says("a")
        bob.told(
            'public.client.note {"id": 1}: déclaré fausse alerte entre-temps par alice, et laissé tel quel'
        )
        bob.says("m")
        bob.told('public.client.note {"id": 2}: accepté entre-temps par alice, et laissé tel quel')
        bob.says("a")
        bob.process.wait(60)
    assert found.column(STATES) == ["dismissed alice", "accepted alice", "accepted bob"]
    assert ["public.client.note", "accepté", "1"] in map(str.split, bob.output.splitlines())
    assert bob.process.returncode == 0


@contextmanager
def desk(b: Bench, reviewer: str) -> Iterator[Desk]:
    with desk_of(b.dsn, None, reviewer, {}) as opened:
        yield opened


def notes(d: Desk) -> list[Note]:
    return list(d.notes(by_note(findings.to_review(d.conn))))


def give(d: Desk, note: Note, number: int, answer: Answer) -> None:
    session = Session([note], d.writer)
    assert session.settle(note, note.findings[number], answer) == ""
    d.save(session.changes())


def test_two_decide_of_two_findings_of_a_note(client: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrote the note for what they knew: the second one's would undo the first."""
    client.conn.execute("delete from client where id > 1; update client set note = 'x'")
    client.conn.execute("update client set note = %s", [TWO])
    client.run("scan", "public.client.note")
    with desk(client, "alice") as alice, desk(client, "bob") as bob:
        [hers], [his] = notes(alice), notes(bob)
        give(alice, hers, 0, Answer("a"))
        give(bob, his, 1, Answer("a"))
        assert "accepté entre-temps par alice, et laissé tel quel" in capsys.readouterr().err
        assert client.column(STATES) == ["accepted alice", "open -"]
        assert made(client)[0].reviewer == "alice"
        # bob's note is read anew by then: what he decides now has both
        give(bob, his, 1, Answer("a"))
        [both] = made(client)
        assert {v.action for v in both.verdicts} == {"accept"} and len(both.verdicts) == 2
        give(alice, hers, 0, Answer("d", "nom"))
        assert "accepté entre-temps par bob" in capsys.readouterr().err
    assert client.column(STATES) == ["accepted alice", "accepted bob"]
    assert client.plan().code == 0 and client.apply().code == 0
    assert client.column("select note from client") == ["Dossier complet."]


def test_two_transactions_wait_for_each_other(found: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    with desk(found, "alice") as alice, desk(found, "bob") as bob:
        hers, his = notes(alice), notes(bob)
        with alice.conn.transaction():
            give(alice, hers[1], 0, Answer("d", "un nom"))
            late = threading.Thread(target=lambda: give(bob, his[1], 0, Answer("a")))
            late.start()
            waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            wait_until(lambda: found.one(waiting))
            give(alice, hers[0], 0, Answer("a"))
            assert late.is_alive()
        late.join(20)
    assert "déclaré fausse alerte entre-temps par alice" in capsys.readouterr().err
    assert found.column(STATES) == ["accepted alice", "dismissed alice", "open -"]


def test_a_note_that_changed_meanwhile_and_one_that_was_opened_again(
    found: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    found.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    found.review("--accept-all", "--reviewer", "alice")
    with desk(found, "bob") as bob:
        his = list(bob.notes(by_note(findings.to_review(bob.conn, redo=True))))
        found.conn.execute("update client set note = 'Autre.' where id = 1; delete from client where id = 2")
        assert found.run("review", "--redo", "--reviewer", "alice", keys="s\n").code == 1
        for note in his:
            give(bob, note, 0, Answer("d", "nom"))
        said = capsys.readouterr().err
        assert (
            said.count("la note a été modifiée, ou n'existe plus") == 2
            and "rouvert entre-temps, et laissé tel quel" in said
        )
    assert found.column("select status from motjuste.finding order by row_key") == [
        "corrected",
        "corrected",
        "open",
    ]


def test_who_decided_of_a_part_of_a_note_does_not_confirm_it(client: Bench) -> None:
    client.conn.execute("delete from client where id > 1")
    client.conn.execute("update client set note = %s", [TWO])
    client.run("scan", "public.client.note")
    client.run("review", "--reviewer", "alice", keys="a1\nq\n")
    assert client.run("review", "--accept-all", "--reviewer", "bob").code == 0
    ran = client.review("--second-reader", "--reviewer", "alice", keys="y\n")
    assert ran.code == 1 and "décidé par alice : une autre personne doit confirmer" in ran.output
    assert client.review("--second-reader", "--reviewer", "chloe", keys="y\n").code == 0
    [d] = made(client)
    assert (d.reviewer, d.second_reader) == ("bob", "chloe")
    assert client.conn.execute(
        "select role, second_role, confirmed_at >= decided_at from motjuste.decision"
    ).fetchall() == [("postgres", "postgres", True)]
    # the file is the database's: it is confirmed there
    ran = client.run("review", "--second-reader", "--decisions", str(client.decisions))
    assert ran.code == 2 and "the database holds the decisions of" in ran.output


# -- a database that cannot be written ---------------------------------------------------------------------------


def test_where_the_database_cannot_be_written_there_is_the_file(found: Bench) -> None:
    there = found.reading_only()
    ran = there.run("review", "--reviewer", "alice", keys="d\nun nom\nq\n")
    assert ran.code == 1, ran.output
    assert "lecture seule : les décisions vont dans motjuste-decisions.jsonl" in ran.output
    assert "2 constat(s) encore ouvert(s)" in ran.output
    file = Path("motjuste-decisions.jsonl")
    # what was decided is asked no more, nor overruled
    assert there.run("review", "--accept-all", "--reviewer", "bob").code == 0
    ran = there.run("review", "--redo", "--accept-all", "--reviewer", "bob")
    assert "1 constat(s) écarté(s)" in ran.output
    ran = there.run("review", "--accept-all")
    assert (
        ran.code == 0
        and "aucun constat ouvert : 3 sont décidés déjà ; pour y revenir : motjuste review --redo"
        in ran.output
    )
    assert there.run("review", "--second-reader", "--reviewer", "chloe", keys="y\ny\n").code == 0
    assert found.column(STATES) == ["open -"] * 3
    first = planned(there, "there", file)
    assert [d.second_reader for d in decisions.read(file.read_text(), "f")] == ["", "chloe", "chloe"]
    # where it can be written, its decisions are the truth
    assert "the database does not hold this decision" in found.plan(file).output
    assert "holds 3 decision(s)" in found.run("review", "--accept-all", "--decisions", str(file)).output
    assert there.run("decisions", "import", str(file)).code == 2
    ran = found.run("decisions", "import", str(file))
    assert ran.code == 0 and "taken over" in ran.output
    assert found.column(STATES) == ["dismissed alice", "accepted bob", "accepted bob"]
    assert found.column("select second_reader from motjuste.decision") == ["chloe"] * 2
    assert planned(found, "here") == first
    assert "there already" in found.run("decisions", "import", str(file)).output
    found.export()
    assert found.decisions.read_bytes() == file.read_bytes()


def test_a_file_overrules_nothing(found: Bench) -> None:
    there = found.reading_only()
    found.conn.execute("insert into client values (5, %s)", [BAD])
    found.run("scan", "public.client.note")
    assert there.review("--accept-all", "--reviewer", "bob").code == 0
    found.run("review", "--reviewer", "alice", keys="d\nun nom\nm\nq\n")
    found.conn.execute(
        "select motjuste.attach('client', 'note', 'flag'); update client set note = 'Autre' where id = 3"
    )
    before = found.column(STATES)[:3]
    ran = found.run("decisions", "import", str(found.decisions))
    assert ran.code == 1
    for said in (
        "decisions.jsonl:1: a finding of it is dismissed, by alice",
        "decisions.jsonl:2: the database has another decision of it, by alice",
        "decisions.jsonl:3: a finding of it is closed",
    ):
        assert said in ran.output
    assert found.column(STATES) == [*before, "accepted bob"]
    assert before[:2] == ["dismissed alice", "accepted alice"]


# -- rights ------------------------------------------------------------------------------------------------------


@pytest.mark.first_server
def test_an_officer_decides_and_writes_nothing_else(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with managed(cluster) as house, psycopg.connect(house.dba, autocommit=True) as dba:
        dba.execute("insert into crm.client values (1, 'Client alcoolique.'), (2, 'Il est en cure.')")
        dba.execute("grant usage on schema crm to mj_dpo; grant select on crm.client to mj_dpo")
        owner, officer = Bench(house.dba, tmp_path, dba), Bench(house.dpo, tmp_path, dba)
        assert owner.run("scan", "crm.client.note").code == 1
        assert owner.run("grant", "mj_dpo").code == 0
        ran = officer.run("review", "--accept-all")
        assert ran.code == 2 and "role mj_dpo may not decide of findings" in ran.output
        assert owner.run("grant", "mj_dpo", "--officer").code == 0
        ran = officer.run("review", "--reviewer", "claire", keys="a\nd\nnom\n")
        assert ran.code == 0, ran.output
        assert owner.column(STATES) == ["accepted claire", "dismissed claire"]
        assert owner.column("select role || ' ' || reviewer from motjuste.decision") == ["mj_dpo claire"]
        assert officer.run("decisions", "export", "d.jsonl").code == 0
        assert Path("d.jsonl").stat().st_mode & 0o077 == 0
        assert "alcoolique" not in Path("d.jsonl").read_text()
        with psycopg.connect(house.dpo, autocommit=True) as dpo:
            for deed in (
                "update motjuste.finding set status = 'dismissed'",
                "update motjuste.finding set rule_id = 'x'",
                "delete from motjuste.finding",
                "insert into motjuste.decision (relation, column_name, row_key, note_digest, edits, digest_after, reviewer)"
                " values ('crm.client', 'note', '{}', '', '[]', '', 'x')",
                "delete from motjuste.decision",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    dpo.execute(deed.encode())
            # nor is a closed finding opened, or an open one closed, by what decides
            note = """select jsonb_build_array(jsonb_build_object('note_digest', encode(f.note_digest, 'hex'), 'edits', '[]'::jsonb,
                'whole', '[]'::jsonb, 'reviewer', 'x', 'findings', jsonb_build_array(jsonb_build_object(
                'id', f.id, 'known', f.status, 'changed', true, 'action', 'redacted')))) from motjuste.finding as f where f.row_key ->> 'id' = '2'"""
            dba.execute(
                "update motjuste.finding set status = 'corrected', closed_at = now() where row_key ->> 'id' = '2'"
            )
            dpo.execute(f"select * from motjuste.decide(({note}))".encode())
        assert owner.column("select status from motjuste.finding order by row_key") == [
            "accepted",
            "corrected",
        ]
        with psycopg.connect(house.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("select motjuste.decide('[]')")


FORGED = """select d.status from motjuste.decide(jsonb_build_array(jsonb_build_object(
    'relation', %(relation)s::text, 'column', %(column)s::text, 'json_key', '', 'row_key', jsonb_build_object('id', 1),
    'note_digest', encode(motjuste.digest(%(before)s), 'hex'), 'digest_after', encode(motjuste.digest(%(after)s), 'hex'),
    'edits', %(edits)s::jsonb, 'whole', jsonb_build_array(jsonb_build_object(
        'rule', %(rule)s::text, 'start', 0, 'length', 6, 'action', 'erase')),
    'reviewer', 'x', 'findings', '[]'::jsonb))) as d"""


def test_an_officer_has_nobody_write_what_they_may_not(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the plan writes with more rights: a decision without a finding reaches no other column, and puts no words of one's own there."""
    monkeypatch.chdir(tmp_path)
    with managed(cluster) as house, psycopg.connect(house.dba, autocommit=True) as dba:
        dba.execute("create table crm.compte (id int primary key, profil text)")
        dba.execute(
            "insert into crm.compte values (1, 'simple'); insert into crm.client values (1, 'Rappeler')"
        )
        dba.execute("grant usage on schema crm to mj_dpo; grant select on all tables in schema crm to mj_dpo")
        owner = Bench(house.dba, tmp_path, dba)
        assert owner.run("scan", "crm.client.note").code == 0
        assert owner.run("grant", "mj_dpo", "--officer").code == 0

        def forged(relation: str, column: str, before: str, after: str, edits: str, rule: str) -> str | None:
            named = {"relation": relation, "column": column, "before": before, "after": after, "edits": edits, "rule": rule}  # fmt: skip
            with psycopg.connect(house.dpo, autocommit=True) as dpo:
                [(status,)] = dpo.execute(FORGED.encode(), named).fetchall()
            return None if status is None else str(status)

        for rule in ("erasure", "restriction", "retention"):
            assert forged("crm.compte", "profil", "simple", "admin", '[[0, 6, "admin"]]', rule) == "unread"
            assert forged("crm.compte", "profil", "simple", "", '[[0, 6, ""]]', rule) == "unread"
            # a part of a note
            assert forged("crm.client", "note", "Rappeler", "peler", '[[0, 3, ""]]', rule) == "unread"
        # words of one's own, and a reason that no plan knows
        assert forged("crm.client", "note", "Rappeler", "Fraude", '[[0, 8, "Fraude"]]', "erasure") == "unread"
        assert forged("crm.client", "note", "Rappeler", "", '[[0, 8, ""]]', "sans-objet") == "unread"
        assert owner.one("select count(*) from motjuste.decision") == 0
        assert forged("crm.client", "note", "Rappeler", "Fraude", '[[0, 8, "Fraude"]]', "restriction") is None
        ran = owner.plan()
        assert ran.code == 2 and "no other words take its place (crm.client.note, row {" in ran.output
        # who may write the column anyway, as who erases by an access request
        dba.execute("truncate motjuste.decision cascade; grant update (profil) on crm.compte to mj_dpo")
        assert forged("crm.compte", "profil", "simple", "", '[[0, 6, ""]]', "erasure") is None
        assert owner.plan().code == 0


def test_an_officer_takes_nobodys_decision_away_by_a_text_that_is_none(found: Bench) -> None:
    """Of one row one text is decided of: a digest that no note has would else void what another person decided, whose findings stay accepted."""
    assert found.review("--accept-all", "--reviewer", "alice").code == 0
    before = found.column("select digest_after from motjuste.decision order by id")
    line = {
        "relation": "public.client", "column": "note", "json_key": "", "note_digest": "a" * 64, "reviewer": "bob", "findings": [],
        "digest_after": found.one("select encode(motjuste.digest(''), 'hex')"), "edits": [[0, 5, ""]],
        "whole": [{"rule": "erasure", "start": 0, "length": 5, "action": "erase"}],
    }  # fmt: skip
    for key in found.column("select row_key from motjuste.decision order by id"):
        told = found.conn.execute(
            "select status, who from motjuste.decide(%s)", [json.dumps([line | {"row_key": key}])]
        )
        assert told.fetchall() == [("accepted", "alice")]
    # nor is a note changed for no reason at all, which would end the plan of everybody
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="for no reason"):
        found.conn.execute(
            "select motjuste.decide(%s)", [json.dumps([line | {"row_key": {"id": 99}, "whole": []}])]
        )
    assert found.column("select digest_after from motjuste.decision order by id") == before


def test_what_is_no_decision_ends_no_plan(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that cannot be read would end the plan, the export and the review of everybody."""
    monkeypatch.chdir(tmp_path)
    with managed(cluster) as house, psycopg.connect(house.dba, autocommit=True) as dba:
        dba.execute("select motjuste.attach('crm.client', 'note')")
        dba.execute("insert into crm.client values (1, 'Client alcoolique.'), (2, 'Il est en cure.')")
        dba.execute("grant usage on schema crm to mj_dpo; grant select on all tables in schema crm to mj_dpo")
        owner, officer = Bench(house.dba, tmp_path, dba), Bench(house.dpo, tmp_path, dba)
        assert owner.run("grant", "mj_dpo", "--officer").code == 0
        verdict = {"rule": "erasure", "start": 0, "length": 18, "action": "erase"}
        right: dict[str, object] = {
            "relation": "crm.client", "column": "note", "json_key": "", "row_key": {"id": 1}, "note_digest": "a" * 64,
            "digest_after": "", "edits": [], "whole": [verdict], "reviewer": "x", "findings": [],
        }  # fmt: skip
        [(known,)] = dba.execute(
            "select id from motjuste.finding where row_key ->> 'id' = '2' order by id limit 1"
        ).fetchall()
        tolerated = {"id": known, "known": "open", "changed": True, "action": "tolerate", "reason": "x"}
        deep: list[object] = []
        for _ in range(300):
            deep = [deep]
        with psycopg.connect(house.dpo, autocommit=True) as dpo:
            for wrong in (
                {"row_key": [1]}, {"row_key": "s"}, {"row_key": None}, {"note_digest": "aa"}, {"edits": None}, {"edits": {}},
                {"edits": [[0, 5]]}, {"edits": [[0, 5, 1]]}, {"edits": [[-1, 5, ""]]}, {"edits": [[0.5, 5, ""]]}, {"edits": [[0, 1e30, ""]]},
                {"edits": [[0, 5, "", ""]]}, {"edits": [{"a": 1}]}, {"edits": [[0, 5, ""], [3, 2, ""]]}, {"edits": [[0, 5, deep]]},
                {"edits": [[0, 5, "x"]], "digest_after": "bb"}, {"whole": {}}, {"whole": [1]}, {"whole": [[verdict]]},
                {"whole": [verdict | {"action": "go"}]}, {"whole": [verdict | {"start": "0"}]}, {"whole": [verdict | {"until": "never"}]},
                *({"whole": [verdict | {"until": u}]} for u in ("9999-99-99", "2026-02-30", "0000-01-01")), {"whole": [verdict | {"x": 1}]},
                {"row_key": {"id": 10**4001}}, {"row_key": {"id": _nested(860)}},
                {"whole": [verdict | {"reason": deep}]},
                *({"findings": [tolerated | {"until": u}]} for u in ("infinity", "0044-03-15 BC", "20000-01-01")),
            ):  # fmt: skip
                with pytest.raises(
                    psycopg.errors.InvalidParameterValue, match="no decision as a review writes it"
                ):
                    dpo.execute("select motjuste.decide(%s::jsonb)", [json.dumps([right | wrong])])
            until = {"findings": [tolerated | {"until": "2030-01-01"}], "note_digest": _digest_of(dba, known)}
            assert dpo.execute(
                "select status, who from motjuste.decide(%s::jsonb)", [json.dumps([right | until])]
            ).fetchall() == [(None, None)]
            assert (
                owner.one("select until::text from motjuste.finding where status = 'tolerated'")
                == "2030-01-01"
            )
        assert officer.run("review", "--accept-all", "--reviewer", "x").code == 0
        assert owner.plan().code == 0


def _nested(depth: int) -> list[object]:
    found: list[object] = []
    for _ in range(depth):
        found = [found]
    return found


def test_a_request_that_nobody_could_read_is_not_kept(cluster: Cluster) -> None:
    """One line would end the register and the report of everybody."""
    right = {
        "subjects": '[{"table": "crm.client", "key": {"id": 1}}]',
        "received": "2026-01-01",
        "due": "2026-02-01",
    }
    with managed(cluster) as house, psycopg.connect(house.dba, autocommit=True) as dba:
        dba.execute("select motjuste.grant_officer('mj_dpo')")
        with psycopg.connect(house.dpo, autocommit=True) as dpo:
            insert = (
                "insert into motjuste.request (subjects, received, due, answered_at, complete) values"
                " (%(subjects)s, %(received)s, %(due)s, %(answered)s::text::timestamptz, case when %(answered)s::text is not null then true end)"
            )
            for wrong in (
                {"subjects": "5"}, {"subjects": '[{"a": 1}]'}, {"subjects": '[{"table": "t", "key": 1}]'},
                {"subjects": '[[{"table": "t", "key": {}}]]'}, {"subjects": '[{"table": "t", "key": {"id": 1e5000}}]'},
                {"due": "infinity"}, {"due": "20000-01-01"}, {"received": "-infinity"}, {"answered": "infinity"},
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.CheckViolation):
                    dpo.execute(insert, {"answered": None} | right | wrong)
            dpo.execute(insert, {"answered": "2026-01-05"} | right)


def test_a_sample_that_nobody_could_read_is_not_kept(found: Bench) -> None:
    """An officer writes its rows too: one of them would end the list of samples, and the marking of each."""
    conn = found.conn
    conn.execute("select motjuste.attach('client', 'note', 'flag')")
    assert (
        found.run("sample", "--column", "public.client.note", "--per", "column", "--output", "t.csv").code
        == 0
    )
    for table, column, wrong in (
        ("sample", "since", "'infinity'"), ("sample", "since", "'0044-03-15 BC'"), ("sample", "drawn_at", "'infinity'"),
        ("sample_note", "written_on", "'20000-01-01'"), ("sample_note", "marked_at", "'-infinity'"), ("sample_note", "number", "-1"),
        ("sample_note", "row_key", "'5'"), ("sample_note", "row_key", "'[]'"), ("sample_note", "note_digest", "''"),
        ("sample_note", "row_key", f"""'{{"id": {"9" * 5000}}}'"""),
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.CheckViolation):
            conn.execute(f"update motjuste.{table} set {column} = {wrong}")
    # what is no row of that table is passed over, and said
    [(sample, notes)] = conn.execute(
        "select id, (select count(*) from motjuste.sample_note) from motjuste.sample"
    ).fetchall()
    assert notes > 2
    conn.execute("""update motjuste.sample_note set row_key = '{"id": "abc"}' where number = 1""")
    conn.execute("""update motjuste.sample_note set relation = '"x' where number = 2""")
    with connection.connect(found.dsn) as ours:
        waiting = [sampling.waiting(ours, sample, after) for after in range(3)]
    assert [w and (w.number, w.why, w.text is None) for w in waiting] == [
        (1, findings.OTHER_KEY, True), (2, findings.COLUMN_GONE, True), (3, "", False),
    ]  # fmt: skip


def test_a_key_of_another_type_by_now_ends_no_review(found: Bench) -> None:
    """The findings keep the key of before: what the table has now is another thing than the key of one row or of all."""
    conn = found.conn
    conn.execute(
        "create table public.t (id text primary key, note text); select motjuste.attach('public.t', 'note')"
    )
    conn.execute("insert into public.t values ('1', %s), ('deux', %s)", [BAD, BAD])
    conn.execute("alter table public.t alter id type int using case when id = '1' then 1 else 2 end")
    assert conn.execute("select count(*) from motjuste.finding where relation = 'public.t'").fetchall() == [
        (2,)
    ]
    done = found.review("--accept-all")
    assert done.code in (0, 1), done
    assert found.column(
        "select row_key->>'id' from motjuste.finding where relation = 'public.t' and status = 'open'"
    ) == ["deux"]


def _digest_of(dba: psycopg.Connection, finding: int) -> str:
    [(digest,)] = dba.execute(
        "select encode(note_digest, 'hex') from motjuste.finding where id = %s", [finding]
    ).fetchall()
    return str(digest)


# -- with the note -------------------------------------------------------------------------------------------------


@pytest.fixture
def decided(client: Bench) -> Bench:
    """A watched table whose three bad notes are to be redacted."""
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    client.run("scan", "public.client.note")
    assert client.review("--accept-all", "--reviewer", "alice").code == 0
    assert client.one("select count(*) from motjuste.decision") == 3
    return client


def places(b: Bench) -> list[object]:
    return b.column("select relation || column_name || row_key from motjuste.decision order by 1")


@pytest.mark.parametrize(
    ("deed", "left"),
    [
        ("update client set note = 'Autre.' where id = 1", 2),
        ("delete from client where id < 3", 1),
        ("truncate client", 0),
        ("alter table client drop column note; select motjuste.refresh()", 0),
        ("drop table client; select motjuste.refresh()", 0),
        (
            "update motjuste.finding set found_at = '2020-01-01' where row_key ->> 'id' = '1'; select motjuste.purge()",
            2,
        ),
        ("update motjuste.finding set status = 'open' where row_key ->> 'id' = '1'", 2),
        ("delete from motjuste.finding", 0),
        ("alter table client disable trigger user; update client set note = 'Autre.' where id = 1", 3),
    ],
)
def test_what_was_decided_goes_with_its_note(decided: Bench, deed: str, left: int) -> None:
    decided.conn.execute(deed.encode())
    assert decided.one("select count(*) from motjuste.decision") == left
    # a plan holds every finding that is accepted, and no other
    assert decided.one("select count(*) from motjuste.finding where status = 'accepted'") == left
    if "disable" in deed:
        decided.run("scan", "public.client.note")
        assert decided.one("select count(*) from motjuste.decision") == 2


@pytest.mark.parametrize(
    ("deed", "there"),
    [
        ("update client set id = id + 10 where id < 4", "public.clientnote{\"id\": 1"),
        ("alter table client rename to kunde; select motjuste.refresh()", "public.kundenote"),
        ("alter table client rename column note to remarque; select motjuste.refresh()", "public.clientremarque"),
        ("alter table client rename column id to nr; select motjuste.refresh()", 'public.clientnote{"nr"'),
    ],
)  # fmt: skip
def test_and_follows_its_row(decided: Bench, deed: str, there: str) -> None:
    decided.conn.execute(deed.encode())
    assert all(str(place).startswith(there) for place in places(decided)), places(decided)
    assert decided.plan().code == 0
    ran = decided.apply()
    assert ran.code == 0, ran.output
    assert places(decided) == []
    assert decided.one("select count(*) from motjuste.finding where status <> 'redacted'") == 0
    # what is kept names no rule, no words, no wording
    assert decided.column("select distinct coalesce(rule_id, action, reason, '') from motjuste.finding") == [
        ""
    ]


@pytest.mark.first_server
def test_another_key_loses_no_decision(decided: Bench, pack: Pack) -> None:
    text = decided.decisions.read_bytes()
    assert rekey.prepare(decided.dsn, finder(pack))[0] is False
    # what is decided while it is read is asked again, and nothing is planned that cannot be known
    decided.run("review", "--redo", "--reviewer", "bob", keys="m\nq\n")
    rekey.finish(decided.conn, lock_timeout="2s")
    assert decided.column(STATES) == ["open -", "accepted alice", "accepted alice"]
    assert decided.review("--accept-all").code in (0, 2)
    decided.decisions.unlink()
    assert decided.review("--accept-all", "--reviewer", "bob").code in (0, 2)
    assert len(made(decided)) == 3 and decided.decisions.read_bytes() != text
    assert decided.plan().code == 0 and decided.apply().code == 0
    assert decided.column("select distinct note from client") == [GOOD]


@pytest.mark.first_server
def test_what_was_decided_of_whole_notes_is_kept_no_longer(client: Bench) -> None:
    client.conn.execute("alter table client add made date default '2020-01-01'")
    (client.folder / "motjuste.toml").write_text(
        '[[watch]]\nrelation = "public.client"\ncolumn = "note"\ndated = "made"\nretain = "24 months"\n'
    )
    client.run("scan", "public.client.note")
    client.run("review", "--reviewer", "alice", keys="m\nq\n")
    ran = client.run("review", "purge", "--yes", "--reviewer", "bob")
    assert ran.code == 0 and "1 note(s) étaient décidées autrement" in ran.output
    assert client.column("select reviewer from motjuste.decision") == ["bob"] * 4
    assert "décidées autrement" not in client.run("review", "purge", "--yes", "--reviewer", "eve").output
    assert client.column("select distinct reviewer from motjuste.decision") == ["bob"]
    # nobody is asked of the words of a note that goes whole, nor takes it back by a bulk answer
    ran = client.run("review", "--accept-all", "--reviewer", "eve")
    assert ran.code == 1 and "toute la note est à retirer : plus de 24 months" in ran.output
    client.conn.execute("update motjuste.decision set decided_at = '2020-01-01' where row_key ->> 'id' = '4'")
    client.run("purge")
    assert client.one("select count(*) from motjuste.decision") == 3
    assert client.plan().code == 0 and client.apply().code == 0
    assert client.one("select count(*) from motjuste.decision") == 0
    assert client.column("select note from client order by id") == ["", "", "", GOOD]


def test_a_key_of_endless_digits_ends_no_review(found: Bench) -> None:
    """Whoever may write a row could end the review of all notes: Python reads no number of more than 4,300 digits."""
    found.conn.execute("create table public.big (id numeric primary key, note text)")
    found.conn.execute("select motjuste.attach('public.big', 'note')")
    found.conn.execute("insert into public.big values (1e5000, %s), (12, %s)", [BAD, BAD])
    keys = "select row_key::text from motjuste.finding where relation = 'public.big' order by 1"
    assert found.column(keys) == ['{"id": 12}', "{}"]
    assert found.run("scan", "public.big.note").code == 1 and found.column(keys) == ['{"id": 12}', "{}"]
    assert found.review("--accept-all").code == 1  # the long one is told, the others are decided of
    assert found.one("select count(*) from motjuste.finding where status = 'open'") == 1
