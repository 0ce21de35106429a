"""Notes older than the policy keeps them: decided column by column, erased the way of every redaction."""

from __future__ import annotations

import pytest

from flow import BAD, GOOD, Bench

pytestmark = pytest.mark.few_rules

POLICY = """
[[watch]]
relation = "crm.call"
column = "note"
dated = "made_on"
retain = "24 months"
"""


@pytest.fixture
def calls(bench: Bench) -> Bench:
    """Calls of three years, one without a day, one without a note; the oldest holds a finding."""
    bench.conn.execute(
        b"create schema crm; create table crm.call (id numeric primary key, made_on timestamptz, note text);"
        b"insert into crm.call values (1.5, '2023-05-01', 'Client alcoolique. Rappeler lundi.'), (2, '2024-11-24', 'Deux.'),"
        b"(3, '2024-11-26', 'Trois.'), (4, null, 'Quatre.'), (5, '2020-01-01', null), (6, '2020-01-01', '')"
    )
    (bench.folder / "motjuste.toml").write_text(POLICY)
    bench.run("scan", "crm.call.note")
    return bench


def purge(b: Bench, *options: str, keys: str = "") -> tuple[int, str]:
    ran = b.run("review", "purge", "--decisions", str(b.decisions), "--on", "2026-11-25", *options, keys=keys)
    return ran.code, " ".join(ran.output.split())


def test_old_notes_are_erased_by_the_same_path(calls: Bench) -> None:
    code, said = purge(calls, "--reviewer", "alice", keys="y\n")
    assert code == 0
    assert "crm.call.note : 2 note(s) de plus de 24 months au 2026-11-25, d'après made_on année notes" in said
    assert "2023 1 2024 1" in said
    assert "alcoolique" not in calls.decisions.read_text()
    # the row of a finding is the row of the decision, also where its key has decimals
    assert calls.one(
        "select count(*) from motjuste.decision as d join motjuste.finding as f using (row_key, note_digest)"
    ) == 1  # fmt: skip
    # another person looks at each, as at any other decision
    second = calls.review("--second-reader", "--reviewer", "benoit", keys="y\ny\n")
    assert second.code == 0, second.output
    assert "retention: plus de 24 months au 2026-11-25, d'après made_on" in second.output
    assert "(la note sera vide)" in second.output
    assert calls.plan().code == 0
    assert "crm.call.note: 2 note(s): retention 2" in (calls.plan_folder / "deploy.sql").read_text()
    assert calls.apply().code == 0
    assert calls.column("select note from crm.call order by id") == ["", "", "Trois.", "Quatre.", None, ""]
    # the finding that nobody had decided of went with its note
    assert calls.column("select status from motjuste.finding") == ["corrected"]
    assert calls.one("select count(*) from motjuste.decision") == 0
    assert calls.verify().code == 0


def test_a_column_can_be_left_and_nothing_old_is_said(calls: Bench) -> None:
    code, _ = purge(calls, keys="n\n")
    assert code == 1
    assert not calls.decisions.exists()
    assert purge(calls, "--on", "2021-01-01")[0] == 2
    assert purge(calls, "--on", "2021-01-01", "--allow-empty")[0] == 0


def test_a_note_written_anew_meanwhile_stays(calls: Bench) -> None:
    assert purge(calls, "--yes")[0] == 0
    calls.conn.execute("update crm.call set note = %s where id = 2", [GOOD])
    assert calls.plan().code == 0
    ran = calls.apply()
    assert ran.code == 1
    assert 'crm.call.note {"id": 2}: changed since review' in ran.output
    assert calls.one("select note from crm.call where id = 2") == GOOD


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("", "la politique ne dit d'aucune colonne"),
        (POLICY.replace('retain = "24 months"', ""), "`retain` and `dated` go together"),
        (POLICY.replace("24 months", "two years"), "`retain` and `dated` go together"),
        (POLICY.replace("crm.call", "crm.gone"), "no column crm.gone.note"),
    ],
)
def test_a_policy_that_cannot_be_followed(calls: Bench, policy: str, said: str) -> None:
    (calls.folder / "motjuste.toml").write_text(policy)
    code, output = purge(calls, "--yes")
    assert code == 2
    assert said in output
    assert BAD in str(calls.one("select note from crm.call where id = 1.5"))
