"""Counts, ages and conditions of the report, on values alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from motjuste.config import Exempt
from motjuste.errors import ConfigError
from motjuste.officer import evidence
from motjuste.officer.evidence import Count, Coverage, Evidence, Logged, Reader, Readers, Term, Undecided

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def count(rule: str, status: str, findings: int, *, team: str | None = None, month: str = "2026-10") -> Count:
    return Count("crm.client.note", rule.split("-")[0], rule, "block", status, month, team, findings)


BASE = Evidence(
    database="crm",
    at=NOW,
    pack_version="2026.11",
    pack_digest="d" * 64,
    installed_at=NOW,
    coverage=(
        Coverage("crm.client.note", "flag", 900, 1000, False, "2026.11", NOW),
        Coverage("crm.appel.note", "block", 1000, 1000, False, "2026.11", NOW),
    ),
    undecided=(Undecided("crm.devis.remarque", 80),),
    exempt=(
        Exempt("a.b.c", "texte de catalogue", "dpo", date(2026, 11, 24)),
        Exempt("a.b.d", "texte de catalogue", "dpo", date(2028, 1, 1)),
    ),
    counts=(
        count("sante-alcool", "open", 3, team="Lyon"),
        count("sante-alcool", "accepted", 2, team="Lille"),
        count("sante-alcool", "dismissed", 1, team="Lyon"),
        count("injure-con", "redacted", 10),
        count("injure-con", "tolerated", 1, month="2026-09"),
    ),
    ages=((0, 1), (10, 1), (45, 2), (200, 1)),
    bypasses=(Logged("crm.client.note", "reprise", "etl", 2, 500, NOW),),
    failures=(),
    readers=(
        Readers("crm.client.note", (Reader("accueil", "granted", True), Reader("dpo", "owner", False))),
    ),
    requests=(
        Term(1, date(2026, 10, 20), date(2026, 11, 20), False, None, None, -5),
        Term(2, date(2026, 9, 1), date(2026, 12, 1), True, NOW, False, 6),
        Term(3, date(2026, 11, 24), date(2026, 12, 24), False, None, None, 29),
        Term(4, date(2026, 8, 1), date(2026, 9, 1), False, NOW, True, None),
    ),
)


def test_what_stands_is_open_or_accepted_and_lines_come_most_first() -> None:
    lines = evidence.lines(BASE.counts, lambda c: c.rule)
    assert [(x.name, x.total, x.standing, x.redacted, x.dismissed, x.tolerated) for x in lines] == [
        ("injure-con", 11, 0, 10, 0, 1),
        ("sante-alcool", 6, 5, 0, 1, 0),
    ]
    assert [x.name for x in evidence.lines(BASE.counts, lambda c: c.team)] == ["Lyon", "Lille"]


def test_ages_count_each_standing_finding_once() -> None:
    found = evidence.ages(BASE)
    assert [(a.least, a.most, a.findings) for a in found] == [
        (0, 10, 1), (10, 30, 1), (30, 60, 2), (60, 90, 0), (90, None, 1),
    ]  # fmt: skip
    assert sum(a.findings for a in found) == BASE.standing == 5
    assert BASE.older_than(45) == 3


def test_a_column_never_scanned_leaves_the_base_unread() -> None:
    assert BASE.share_read == pytest.approx(0.95)
    never = Coverage("crm.x.note", "flag", None, None, False, None, None)
    assert replace(BASE, coverage=(*BASE.coverage, never)).share_read == 0.0
    assert replace(BASE, coverage=()).share_read is None
    grown = Coverage("crm.x.note", "flag", 10, 0, False, "2026.11", NOW)
    assert grown.share == 1.0


def test_false_alarms_are_of_what_was_decided() -> None:
    found = evidence.false_alarms(BASE.counts)
    assert [(f.rule, f.decided, f.false, round(f.rate, 3)) for f in found] == [
        ("sante-alcool", 3, 1, 0.333),
        ("injure-con", 11, 0, 0.0),
    ]


def test_exemptions_that_end_within_two_months() -> None:
    assert [e.column for e in BASE.ends_soon()] == ["a.b.c"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("open>30d", True), ("open>200d", True), ("open>201d", False), ("open>0", True), ("open > 5", False),
        ("coverage<100%", True), ("coverage<95%", False), ("undecided>0", True), ("undecided>1", False),
        ("failures>0", False), ("bypasses>1", True), ("bypasses>2", False), ("expired>0", True), ("expired>1", False),
        ("overdue>0", True), ("overdue>1", False), ("requests>2", True), ("requests>3", False), ("due<0d", True), ("due<7d", True),
    ],
)  # fmt: skip
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    assert evidence.condition(text).holds(BASE) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open",
        "open>",
        "open>30w",
        "open<30d",
        "closed>1",
        "coverage<9d",
        "failures>1%",
        "due>7d",
        "due<7",
    ],
)
def test_what_is_no_condition_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        evidence.condition(text)
    assert "open>30d" in error.value.hint
    assert "overdue>0" in error.value.hint


def test_requests_wait_until_a_complete_answer() -> None:
    assert [[r.id for r in BASE.waiting(days)] for days in (None, 0, 6, 7)] == [[1, 2, 3], [1], [1], [1, 2]]


def test_the_summary_is_json_and_agrees_with_the_counts() -> None:
    found = json.loads(json.dumps(evidence.summary(BASE, {"sante": "Santé"})))
    assert found["standing"] == 5
    assert found["by_category"][1] == {
        "name": "sante", "label": "Santé", "standing": 5, "corrected": 0, "redacted": 0, "dismissed": 1, "tolerated": 0,
        "total": 6,
    }  # fmt: skip
    assert [x["name"] for x in found["by_month"]] == ["2026-09", "2026-10"]


def test_what_is_to_be_done_begins_with_what_presses() -> None:
    steps = evidence.steps(BASE)
    assert [(s.code, s.count) for s in steps] == [
        ("overdue", 1), ("grave", 3), ("due", 1), ("partial", 1), ("accepted", 2), ("undecided", 1), ("expired", 1),
    ]  # fmt: skip
    watch = replace(BASE.counts[0], level="watch")
    calm = replace(BASE, requests=(), counts=(watch,), undecided=(), exempt=(), coverage=BASE.coverage[1:])
    assert [s.code for s in evidence.steps(calm)] == ["watch"]
    assert evidence.steps(replace(calm, counts=())) == []


def test_levels_are_told_apart_the_gravest_category_first() -> None:
    watch = replace(BASE.counts[0], level="watch", category="jugement", findings=9)
    found = evidence.levels((*BASE.counts, watch))
    assert [(x.category, x.grave, x.watch, x.settled) for x in found] == [
        ("sante", 5, 0, 1), ("jugement", 0, 9, 0), ("injure", 0, 0, 11),
    ]  # fmt: skip


def test_two_reports_are_compared_by_their_main_figures_and_the_categories_that_changed() -> None:
    labels = {"sante": "Santé", "injure": "Injure"}
    before = json.loads(json.dumps(evidence.summary(BASE, labels)))
    after = replace(BASE, ages=((0, 1),), counts=BASE.counts[2:], undecided=(), coverage=BASE.coverage[1:])
    found = [(d.name, d.before, d.now) for d in evidence.differences(before, after, labels)]
    assert found == [
        ("constats à traiter", 5, 1), ("lignes lues", 0.95, 1.0), ("colonnes surveillées", 2, 1),
        ("colonnes sans décision", 1, 0), ("à traiter : Santé", 5, 0),
    ]  # fmt: skip
    for other in ({}, {"at": "2026-01-01"}, before | {"at": "never"}, before | {"by_category": 3}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            evidence.figures(other)
