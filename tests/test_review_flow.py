"""Review at work: groups, two persons, a spreadsheet, statistics, and a review that is cut off."""

from __future__ import annotations

import csv
import fcntl
import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from flow import BAD, GOOD, Bench
from motjuste.cli.ledger import journal_of
from motjuste.migration import decisions
from motjuste.model import Decision

UNTIL = date.today() + timedelta(days=90)


def made(b: Bench) -> list[Decision]:
    return decisions.read(b.decisions.read_bytes().decode(), "f")


@pytest.fixture
def group(client: Bench) -> Bench:
    """Five notes that say "au RSA", two others, scanned."""
    client.conn.execute("delete from client")
    for i in range(1, 6):
        client.conn.execute("insert into client values (%s, %s)", [i, f"Client au RSA. Dossier {i} complet."])
    client.conn.execute("insert into client values (6, %s), (7, 'Client AU RSA ! Dossier 7.')", [BAD])
    client.run("scan", "public.client.note")
    client.conn.execute("update motjuste.finding set certainty = 'likely'")
    return client


def test_the_same_words_are_decided_once_with_a_look_at_each(group: Bench) -> None:
    # block comes first: note 6, then the group; of the six alike five more are shown and the third is left out
    ran = group.review("--reviewer", "alice", keys="a\na*\n3\nq\n")
    assert ran.code == 1
    assert '  5  {"id": 7}' in ran.output
    assert "-> Dossier 2 complet." in ran.output
    assert "4 autre(s) constat(s) de même" in ran.output
    assert "1 constat(s) encore ouvert(s)" in ran.output
    assert group.column("select row_key ->> 'id' from motjuste.finding where status = 'open'") == ["4"]
    # the one that was left out is asked
    again = group.review("--reviewer", "alice", keys="d*\ncite un texte\n")
    assert "1 / 1" in again.output
    assert "aucun autre constat de ces mots" in again.output
    assert again.code == 0
    assert len(made(group)) == 7
    group.plan()
    assert group.apply().code == 0
    assert group.column("select note from client order by id")[2:5] == [
        "Dossier 3 complet.", "Client au RSA. Dossier 4 complet.", "Dossier 5 complet.",
    ]  # fmt: skip


def test_none_of_a_group_counts_without_a_confirmation(group: Bench) -> None:
    ran = group.review(keys="s\na*\nn\nq\n")
    assert "0 autre(s) constat(s)" in ran.output
    assert group.one("select count(*) from motjuste.finding where status = 'accepted'") == 1
    assert group.review(keys="s\nm*\n9\nq\n").code == 1
    assert group.one("select count(*) from motjuste.finding where status = 'accepted'") == 2


@pytest.mark.parametrize("by", ["one by one", "sheet"])
def test_a_dismissed_passage_is_still_there_after_the_redaction(client: Bench, by: str) -> None:
    two = "Client alcoolique et connard, rappeler lundi."
    client.conn.execute("delete from client where id > 1")
    client.conn.execute("update client set note = %s", [two])
    assert client.run("scan", "public.client.note").code == 1
    if by == "one by one":
        ran = client.review("--reviewer", "alice", keys="a1\nd\ncite un texte\n")
        assert ran.code == 0 and "devient     Client […] et connard, rappeler lundi." in ran.output
    else:
        file, rows = exported(client)
        filled(file, rows, {"decision": "accept"}, {"decision": "dismiss", "reason": "cite un texte"})
        ran = imported(client, file)
        assert ran.code == 0 and "1 note(s) gardent des mots déclarés fausse alerte" in ran.output, ran.output
    assert client.plan().code == 0
    assert client.apply().code == 0
    assert client.column("select note from client") == ["Client […] et connard, rappeler lundi."]
    assert client.verify().code == 0
    assert client.column("select status from motjuste.finding order by status desc") == [
        "redacted",
        "dismissed",
    ]


def test_a_note_can_be_erased_and_that_taken_back(client: Bench) -> None:
    client.run("scan", "public.client.note")
    assert client.review(keys="x\nx\nb\nd\nnom propre\nx\n").code == 0
    assert [v.action for d in made(client) for v in d.verdicts] == ["erase", "dismiss", "erase"]
    client.plan()
    assert client.apply().code == 0
    assert client.column("select note from client order by id") == ["", BAD, "", GOOD]
    assert client.review("--action", "erase", "--redo").code in (0, 2)


# -- two persons ----------------------------------------------------------------------------------------


def test_another_person_confirms_or_sends_back(client: Bench) -> None:
    client.run("scan", "public.client.note")
    assert client.review("--accept-all", "--reviewer", "alice").code == 0
    own = client.review("--second-reader", "--reviewer", "alice")
    assert own.code == 1
    assert "3 décision(s) de votre part" in own.output
    planned = ["migrate", "plan", "--output", str(client.plan_folder)]
    assert ":1: nobody confirmed it" in client.run(*planned, "--second-reader").output
    ran = client.review("--second-reader", "--reviewer", "benoit", keys="y\nn\ns\n")
    assert ran.code == 1
    assert "accepté par alice" in ran.output
    assert "1 décision(s) encore à confirmer" in ran.output
    assert client.column("select status from motjuste.finding order by row_key") == [
        "accepted",
        "open",
        "accepted",
    ]
    client.export()
    assert [d.second_reader for d in made(client)] == ["benoit", ""]
    assert client.review("--second-reader", "--reviewer", "benoit", keys="y\n").code == 0
    # what is decided anew wants a new confirmation
    assert client.review("--reviewer", "alice", keys="a\n").code == 0
    assert ":2: nobody confirmed it" in client.run(*planned, "--second-reader").output
    assert client.review("--second-reader", "--reviewer", "chloe", keys="y\n").code == 0
    done = client.run(*planned, "--second-reader")
    assert done.code == 0
    assert "-- Confirmed by: benoit, chloe." in (client.plan_folder / "deploy.sql").read_text()


# -- a spreadsheet --------------------------------------------------------------------------------------


def exported(b: Bench, *options: str) -> tuple[Path, list[dict[str, str]]]:
    file = b.folder / "review.csv"
    ran = b.run("review", "export", str(file), *options)
    assert ran.code == 0, ran.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8", newline="") as stream:
        return file, list(csv.DictReader(stream))


def filled(file: Path, rows: list[dict[str, str]], *answers: dict[str, str], **how: Any) -> None:
    for row, answer in zip(rows, answers, strict=False):
        row |= answer
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], **how)
        writer.writeheader()
        writer.writerows(rows)


def imported(b: Bench, file: Path, *options: str) -> Any:
    return b.run(
        "review", "import", str(file), "--decisions", str(b.decisions), "--reviewer", "alice", *options
    )


def test_the_round_trip_through_a_spreadsheet(client: Bench) -> None:
    client.conn.execute(
        "insert into client values (5, %s), (6, %s)", [BAD, "=cmd|' /C calc'!A0 Client alcoolique."]
    )
    client.run("scan", "public.client.note")
    file, rows = exported(client)
    assert "alcoolique" not in file.read_text()
    assert [r["row_key"] for r in rows] == [f'{{"id": {i}}}' for i in (1, 2, 3, 5, 6)]
    file, rows = exported(client, "--show-text")
    assert rows[0]["proposal"] == GOOD
    assert rows[4]["note"].startswith("'=cmd")
    filled(
        file, rows,
        {"decision": "accept"}, {"decision": "Edit", "new_text": "Rappeler\r\nmardi."}, {"decision": "dismiss", "reason": "nom"},
        {"decision": "tolerate", "reason": "cité", "until": f"{UNTIL:%d/%m/%Y}"}, {"decision": ""},
        delimiter=";",
    )  # fmt: skip
    ran = imported(client, file)
    assert ran.code == 0, ran.output
    assert client.column("select status from motjuste.finding order by row_key") == [
        "accepted", "accepted", "dismissed", "tolerated", "open",
    ]  # fmt: skip
    client.plan()
    assert client.apply().code == 0
    assert client.column("select note from client where id < 4 order by id") == [
        GOOD,
        "Rappeler\r\nmardi.",
        BAD,
    ]


def test_every_wrong_row_is_listed_and_nothing_is_taken_over(client: Bench) -> None:
    client.conn.execute(
        "insert into client select i, %s from unnest(array[5, 6, 7, 8, 9, 91, 92]) as i", [BAD]
    )
    client.run("scan", "public.client.note")
    file, rows = exported(client)
    client.conn.execute("update client set note = 'autre' where id = 91")
    rows.append(dict(rows[0]))
    filled(
        file, rows,
        {"decision": "accept"}, {"decision": "agree"}, {"decision": "edit", "new_text": "Client dépressif."},
        {"decision": "dismiss"}, {"decision": "tolerate", "reason": "x", "until": "2020-01-01"},
        {"decision": "accept", "note_digest": "ab" * 32}, {"decision": "accept", "id": "999"}, {"decision": "accept"},
        {"decision": "edit", "new_text": " "}, {"decision": "tolerate", "reason": "x", "until": "03/02/2090"},
        {"decision": "mask"},
    )  # fmt: skip
    before = client.column("select status from motjuste.finding order by id")
    ran = imported(client, file)
    assert ran.code == 2
    for line, said in [
        (3, "la décision 'agree' n'est aucune"), (4, "le texte contient encore"), (5, "dismiss demande un motif"),
        (6, "until n'est pas un jour à venir"), (7, "note_digest diffère"), (8, "le constat 999 est inconnu"),
        (9, "la note a été modifiée, ou n'existe plus"), (10, "le texte est vide"), (11, "until n'est pas une date"),
        (12, "le même constat qu'à la ligne 2"),
    ]:  # fmt: skip
        assert f"review.csv:{line}: " in ran.output
        assert said in ran.output
    assert "rien ne l'a été" in ran.output
    assert client.column("select status from motjuste.finding order by id") == before
    assert not client.decisions.exists()


def test_an_import_does_not_overrule_another_reviewer(client: Bench) -> None:
    client.run("scan", "public.client.note")
    file, rows = exported(client)
    assert client.review("--accept-all", "--reviewer", "benoit").code == 0
    filled(file, rows, *[{"decision": "dismiss", "reason": "non"}] * 3)
    ran = imported(client, file)
    assert ran.code == 2
    assert "review.csv:2: déjà accepté par benoit" in ran.output
    assert imported(client, file, "--redo").code == 0
    assert client.column("select distinct status from motjuste.finding") == ["dismissed"]


def test_rows_of_one_note_may_not_exclude_each_other(client: Bench) -> None:
    client.conn.execute("delete from client where id > 1")
    client.conn.execute("update client set note = 'Client alcoolique. Sa femme est dépressive. Dossier.'")
    client.run("scan", "public.client.note")
    file, rows = exported(client)
    assert len(rows) == 2
    filled(file, rows, {"decision": "edit", "new_text": "Dossier."}, {"decision": "mask"})
    assert "review.csv:3: elle exclut la ligne 2" in imported(client, file).output
    filled(file, rows, {"decision": "edit", "new_text": "Client alcoolique."}, {"decision": "erase"})
    assert imported(client, file).code == 2
    filled(
        file,
        rows,
        {"decision": "dismiss", "reason": "cité"},
        {"decision": "edit", "new_text": "Client alcoolique."},
    )
    rows[0]["new_text"] = ""
    filled(file, rows)
    assert imported(client, file).code == 0
    assert sorted(v.action for v in made(client)[0].verdicts) == ["accept", "dismiss"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "il manque la colonne"),
        (b'"id"x,note_digest,decision\n', "ce n'est pas du CSV"),
        (b"id,decision\n1,accept\n", "il manque la colonne note_digest"),
        (b"id,note_digest,decision\n1,x,\xe9\n", "not UTF-8"),
        (b'id,note_digest,decision\n1,"x"y,accept\n', "ce n'est pas du CSV"),
        (b"id,note_digest,decision\n1,x,\n", "aucune ligne ne porte de décision"),
        (b"id,note_digest,decision\none,x,accept\n", "id n'est pas un nombre"),
    ],
)
def test_a_file_that_is_no_review_is_refused(client: Bench, content: bytes, said: str) -> None:
    file = client.folder / "review.csv"
    file.write_bytes(content)
    ran = imported(client, file)
    assert ran.code == 2
    assert said in ran.output


# -- statistics, and a review cut off -----------------------------------------------------------------------


def test_statistics_tell_the_false_alarms_of_each_rule(group: Bench) -> None:
    group.review("--action", "dismiss", "--reason", "non", "--category", "situation_sociale")
    group.review("--accept-all")
    rows = {r["rule"]: r for r in json.loads(group.run("review", "stats", "--format", "json").output)}
    assert rows["sante-alcool"]["false alarms"] == "0 %"
    (social,) = (r for r in rows.values() if r["category"] == "situation_sociale")
    assert (social["findings"], social["dismissed"], social["false alarms"]) == (6, 6, "100 %")
    assert rows["total"]["false alarms"] == "86 %"


def test_a_review_cut_off_is_taken_over(client: Bench) -> None:
    client.run("scan", "public.client.note")
    client = client.reading_only()
    assert client.review(keys="a\nq\n").code == 1
    # as after kill -9: one decision in the journal only, the next one half written
    line = client.decisions.read_bytes()
    client.decisions.unlink()
    journal = journal_of(client.decisions)
    journal.write_bytes(line + line[:40])
    assert "a review is going on, or was interrupted" in client.plan(client.decisions).output
    assert client.review("--accept-all").code == 0
    assert not journal.exists()
    assert len(made(client)) == 3
    assert client.plan(client.decisions).code == 0


def test_a_damaged_decisions_file_leaves_no_journal(client: Bench) -> None:
    client.run("scan", "public.client.note")
    client = client.reading_only()
    client.decisions.write_text("{\n")
    ran = client.review("--accept-all")
    assert ran.code == 2
    assert "decisions.jsonl:1: not JSON" in ran.output
    assert not journal_of(client.decisions).exists()
    client.decisions.unlink()
    assert client.review("--accept-all").code == 0


def test_one_reviewer_at_a_time_writes_to_a_file(client: Bench) -> None:
    client.run("scan", "public.client.note")
    client = client.reading_only()
    journal = journal_of(client.decisions)
    with journal.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another review is writing" in client.review("--accept-all").output
    journal.unlink()
    assert client.review("--accept-all").code == 0
    assert stat.S_IMODE(client.decisions.stat().st_mode) == 0o600


def test_what_no_update_can_change_is_not_accepted(client: Bench) -> None:
    """Computed columns and materialized views: else one of them would undo the whole plan."""
    client.conn.execute("alter table client add maj text generated always as (upper(note)) stored")
    client.conn.execute("create materialized view fige as select id, note from client")
    client.run("scan", "public.client.maj", "public.fige.note", "public.client.note")
    ran = client.review("--accept-all")
    assert ran.code == 1 and "4 constat(s) encore ouvert(s)" in ran.output
    assert {d.column for d in made(client)} == {"note"} and {d.relation for d in made(client)} == {
        "public.client"
    }
    assert "public.client.maj" in ran.output and "calculée à partir d'autres colonnes" in ran.output
    assert client.review("--action", "tolerate", "--reason", "x", "--until", str(UNTIL)).code == 0
    assert client.plan().code == 0 and client.apply().code == 0
    by_hand = [replace(d, column="maj") for d in made(client) if d.edits]
    client.decisions.write_bytes(decisions.write(by_hand).encode())
    planned = client.run("migrate", "plan", str(client.decisions), "--output", "autre")
    assert planned.code == 2 and "maj cannot be changed" in planned.output


def test_rows_that_the_reviewer_may_not_see_are_not_called_deleted(client: Bench) -> None:
    client.conn.execute("""
        drop role if exists relecteur; create role relecteur login;
        create table autre (id int primary key, note text); insert into autre select id, note from client;
        alter table client enable row level security; create policy p on client using (id > 1);
        grant select on client to relecteur; grant usage on schema motjuste to relecteur;
        grant select, update on all tables in schema motjuste to relecteur;
        grant execute on all functions in schema motjuste to relecteur
    """)
    client.run("scan", "public.client.note", "public.autre.note")
    weak = replace(client, dsn=client.dsn.replace("user=postgres", "user=relecteur"))
    try:
        ran = weak.review("--accept-all")
        assert ran.code == 1 and "6 constat(s) encore ouvert(s)" in ran.output
        # a line a table, however many notes it has
        assert ran.output.count("row-level security") == 1
        assert (
            ran.output.count("ne peut pas lire public.autre ; à demander à son propriétaire : grant select")
            == 1
        )
        assert BAD not in ran.output
    finally:
        client.conn.execute("drop owned by relecteur; drop role relecteur")


# -- one finding after the other, and what stays of it -------------------------------------------------


def test_the_review_on_a_terminal_resumes_where_it_stopped(client: Bench) -> None:
    client.run("scan", "public.client.note")
    ran = client.review(keys="?\na\nq\n")
    assert ran.code == 1
    assert "tolérer jusqu'à un jour" in ran.output
    assert "[[alcoolique]]" in ran.output
    assert "2 constat(s) encore ouvert(s)" in ran.output
    until = date.today() + timedelta(days=30)
    ran = client.review(keys=f"d\nun nom propre\nt\ncité\n2020-01-01\n{until}\n")
    assert ran.code == 0, ran.output
    assert client.conn.execute(
        "select status, reason, until, decided_by from motjuste.finding order by row_key"
    ).fetchall() == [
        ("accepted", None, None, "postgres"),
        ("dismissed", "un nom propre", None, "postgres"),
        ("tolerated", "cité", until, "postgres"),
    ]
    assert [v.action for d in decisions.read(client.decisions.read_text(), "f") for v in d.verdicts] == [
        "accept",
        "dismiss",
        "tolerate",
    ]


def test_one_question_for_a_note_with_several_findings(client: Bench) -> None:
    """All of them at once, or some by their numbers; a reason by its number, and the last one by Enter; back to the note before."""
    client.conn.execute(
        "update client set note = %s where id < 3", ["Client alcoolique et connard, rappeler lundi."]
    )
    client.run("scan", "public.client.note")
    ran = client.review(keys="a\nb\nd2\n1\na\nd\n\nq\n")
    assert ran.code == 1, ran.output
    for told in (
        "1-2 / 5",
        "3-4 / 5",
        "1 sante-alcool [bloquant]",
        "2 injure-",
        "[[alcoolique]] et [[connard]]",
    ):
        assert told in ran.output, told
    assert ran.output.count("a e m x d t s b q ?") == 6
    states = client.column(
        "select category || ' ' || status || ' ' || coalesce(reason, '') from motjuste.finding order by row_key, start"
    )
    first = "Le mot désigne une chose, non la personne"
    assert states[:2] == ["sante accepted ", f"injure dismissed {first}"]
    assert [s.split(" ", 2)[1] for s in states[2:]] == ["dismissed", "dismissed", "open"]
    assert {s.split(" ", 2)[2] for s in states[2:4]} == {first}
    # a number that is none, and the way back from the first note
    ran = client.review(keys="a7\nb\nq\n")
    assert "a*, m*, d*" in ran.output and "c'est la première note" in ran.output


def test_what_was_decided_can_be_decided_again(client: Bench) -> None:
    client.run("scan", "public.client.note")
    assert client.review("--accept-all").code == 0
    assert client.review("--accept-all").code == 0
    # dismiss the first, withdraw the second, keep the third
    assert client.review("--redo", keys="d\nnon\ns\nq\n").code == 1
    assert client.column("select status from motjuste.finding order by row_key") == [
        "dismissed",
        "open",
        "accepted",
    ]
    client.plan()
    assert client.apply().code == 0
    assert client.column("select note from client order by id") == [BAD, BAD, GOOD, GOOD]


def test_own_wording_typed_on_the_terminal(client: Bench) -> None:
    client.conn.execute("update client set note = E'Client alcoolique.\\r\\nRappeler.' where id = 1")
    client.run("scan", "public.client.note")
    ran = client.review(keys="e\nClient alcoolique.\n.\ne\nRappeler mardi.\nMerci.\n.\nq\n")
    assert "contient encore : sante-alcool, caractère 8" in ran.output
    client.plan()
    client.apply()
    assert client.one("select note from client where id = 1") == "Rappeler mardi.\r\nMerci."


def test_end_of_input_saves_and_quits(client: Bench) -> None:
    client.run("scan", "public.client.note")
    assert client.review(keys="a\n").code == 1
    assert client.one("select count(*) from motjuste.finding where status = 'accepted'") == 1


def test_a_note_with_control_characters_cannot_play_with_the_terminal(client: Bench) -> None:
    client.conn.execute("update client set note = E'\\x1b[2J\\u202e Client alcoolique.' where id = 1")
    client.run("scan", "public.client.note")
    assert not {"\x1b", "\u202e"} & set(client.review(keys="q\n").output)


def test_filters_and_actions_for_scripts(client: Bench) -> None:
    client.conn.execute("create table autre (id int primary key, note text)")
    client.conn.execute("insert into autre values (1, %s)", [BAD])
    client.run("scan", "public.client.note", "public.autre.note")
    assert client.review("--relation", "public.none", "--accept-all").code == 2
    assert client.review("--rule", "none", "--accept-all").code == 2
    assert client.review("--rule", "none", "--accept-all", "--allow-empty").code == 0
    assert client.review("--action", "dismiss").code == 2
    assert client.review("--action", "tolerate", "--reason", "x", "--until", "2020-01-01").code == 2
    assert client.review("--reason", "x").code == 2
    assert client.review("--action", "mask", "--relation", "autre", "--category", "sante").code == 0
    assert client.review("--action", "dismiss", "--reason", "essai", "--level", "block").code == 0
    client.plan()
    assert client.apply().code == 0
    assert client.one("select note from autre") == "Client […]. Rappeler lundi."
    assert client.column("select distinct note from client where id < 4") == [BAD]


def test_notes_that_changed_before_review_are_said_and_stay_open(client: Bench) -> None:
    client.run("scan", "public.client.note")
    client.conn.execute("update client set note = 'autre' where id = 1")
    client.conn.execute("delete from client where id = 2")
    ran = client.review("--accept-all")
    assert ran.code == 1
    assert 'public.client.note {"id": 1}: la note a été modifiée depuis le constat' in ran.output
    assert 'public.client.note {"id": 2}: la note a été supprimée' in ran.output
    client.conn.execute("drop table client")
    assert "la table ou la colonne n'existe plus" in client.review("--accept-all").output


def test_a_proposal_too_long_for_its_column_stays_open(bench: Bench) -> None:
    bench.conn.execute("create table client (id int primary key, note varchar(40))")
    bench.conn.execute("insert into client values (1, 'Opéré de la hanche, arrêt de 2 mois')")
    bench.run("scan", "public.client.note")
    ran = bench.review("--accept-all")
    assert ran.code == 1
    assert "la colonne en contient 40" in ran.output


@pytest.mark.parametrize("bypass", [True, False], ids=["listed role", "role not listed"])
def test_what_was_dismissed_is_not_asked_again_after_the_redaction(client: Bench, bypass: bool) -> None:
    client.conn.execute(
        "update client set note = 'Client alcoolique. Rue du Cancer, sa femme est diabétique.' where id = 1"
    )
    client.conn.execute("select motjuste.attach('client', 'note', 'flag')")
    if bypass:
        client.conn.execute("insert into motjuste.bypass_role values (current_user)")
    client.run("scan", "public.client.note")
    client.conn.execute("delete from motjuste.finding where row_key <> '{\"id\": 1}'")
    starts = client.column("select start from motjuste.finding order by start")
    assert client.review(keys=f"a{starts.index(7) + 1}\nd\nnom\n").code == 0
    client.plan()
    assert client.apply().code == 0
    assert str(client.one("select note from client where id = 1")).startswith("Rue du Cancer")
    before = client.conn.execute(
        "select status, count(*) from motjuste.finding group by 1 order by 1"
    ).fetchall()
    assert [status for status, _ in before] == ["dismissed", "redacted"]
    client.run("scan", "public.client.note")
    after = client.conn.execute(
        "select status, count(*) from motjuste.finding where row_key = '{\"id\": 1}' group by 1 order by 1"
    ).fetchall()
    assert after == before
    # logged, and the role is listed no longer than before
    assert client.one("select count(*) from motjuste.bypass") == 1
    assert client.one("select count(*) from motjuste.bypass_role") == bypass
