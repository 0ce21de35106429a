"""The training booklet and the notices: whole, from the pack alone, and the same twice."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

import browser
from conftest import finder
from motjuste import assets
from motjuste.errors import ConfigError
from motjuste.model import CATEGORIES, Change, Pack
from motjuste.officer import guide
from motjuste.rulepack.overrides import Choices
from motjuste.rulepack.rule import mark

TEXTS = tomllib.loads(assets.read("rules", "fr", "guide.toml"))


def command(*args: str, dsn: str = "", cwd: Path = Path("/")) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "motjuste", *args],
        capture_output=True, text=True, env={**os.environ, "MOTJUSTE_DSN": dsn}, cwd=cwd,
    )  # fmt: skip


def test_every_category_has_its_reason_and_pairs(pack: Pack) -> None:
    chapters = guide.chapters(finder(pack), TEXTS)
    assert [c.category.code for c in chapters] == list(CATEGORIES)
    for chapter in chapters:
        assert chapter.reason, chapter.category.code
        assert len(chapter.pairs) == guide.PAIRS
        assert chapter.allowed


def test_what_the_booklet_says_to_write_is_no_finding(pack: Pack) -> None:
    matcher = finder(pack)
    for chapter in guide.chapters(finder(pack), TEXTS):
        for pair in chapter.pairs:
            whole = pair.avoid.before + pair.avoid.fault + pair.avoid.after
            assert matcher.find(whole), whole
            assert matcher.find(pair.write) == []
        assert [t for t in chapter.allowed if matcher.find(t)] == []


def test_what_a_trainer_shows_first_is_a_fault_where_it_is_marked(pack: Pack) -> None:
    matcher = finder(pack)
    assert list(TEXTS["pairs"]) == list(CATEGORIES)
    for code, pairs in TEXTS["pairs"].items():
        for pair in pairs:
            shown = mark(pair["bad"])
            end = shown.start + shown.length
            found = [m for m in matcher.find(shown.text) if m.start < end and m.end > shown.start]
            assert code in {m.category for m in found}, shown.text
            assert matcher.find(pair["fixed"]) == []
    first = {c.category.code: [p.write for p in c.pairs] for c in guide.chapters(matcher, TEXTS)}
    assert "Client indisponible pour 1 mois pour raisons de santé" in first["sante"]
    assert "Le client nous fait part de difficultés financières." in first["vie_privee"]


def test_a_trade_is_not_taught_to_avoid_what_it_may_write(pack: Pack) -> None:
    payroll = assets.pack("fr", Choices(changes=(Change("identifiant-nir", "off"),)))
    chapters = guide.chapters(finder(payroll), TEXTS, pack)
    (numbers,) = (c for c in chapters if c.category.code == "identifiant")
    assert not any("N° SS" in p.avoid.before for p in numbers.pairs)
    assert len(numbers.pairs) == guide.PAIRS


def test_a_quiz_is_half_faulty_answers_itself_and_is_the_same_for_a_seed(pack: Pack) -> None:
    matcher = finder(pack)
    quiz = guide.quiz(matcher, 20, 7)
    assert [q.number for q in quiz] == list(range(1, 21))
    assert sum(q.pair is not None for q in quiz) == 10
    for question in quiz:
        assert bool(matcher.find(question.text)) is (question.pair is not None)
    assert guide.quiz(matcher, 20, 7) == quiz
    assert guide.quiz(matcher, 20, 8) != quiz
    assert len({q.category.code for q in quiz if q.category}) == 10
    with pytest.raises(ConfigError, match="no 100000 examples"):
        guide.quiz(matcher, 100_000, 1)


def test_the_page_is_fit_to_be_read_and_says_what_the_trade_changes(tmp_path: Path, chromium: Any) -> None:
    page = tmp_path / "livret.html"
    done = command("guide", "--trade", "bank", "--output", str(page))
    assert done.returncode == 0, done.stderr
    html = page.read_text(encoding="utf-8")
    assert "métier : Banque" in html
    assert "Dans votre métier" in html
    browser.assert_fit(chromium, page)


def test_markdown_has_the_same_chapters() -> None:
    done = command("guide", "--format", "markdown", "--questions", "0")
    titles = [line for line in done.stdout.splitlines() if line.startswith("## ")]
    assert titles == ["## Le principe", *(f"## {assets.pack().categories[c].label}" for c in CATEGORIES)]


def test_an_unknown_trade_is_refused_with_those_that_are_known() -> None:
    done = command("guide", "--trade", "pirate")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--trade: no profile 'pirate'; known: bank" in done.stderr


def test_a_notice_becomes_the_comment_of_a_column_once(installed: str) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("""create table "Bloc;Note" (id int primary key, "L'avis" text)""")
        conn.execute("""comment on column "Bloc;Note"."L'avis" is 'saisi au guichet'""")
        conn.execute("""select motjuste.attach('"Bloc;Note"', 'L''avis', 'flag')""")
        read = """select col_description('"Bloc;Note"'::regclass, 2)"""
        for mode in ("flag", "block", "block"):
            conn.execute("""select motjuste.attach('"Bloc;Note"', 'L''avis', %s)""", [mode])
            done = command("notice", "--sql", dsn=installed)
            assert done.returncode == 0, done.stderr
            conn.execute(done.stdout.encode())
            [(comment,)] = conn.execute(read).fetchall()
            assert comment == f"saisi au guichet\n{guide.notice(TEXTS['notice'], mode)}"
    assert guide.notice(TEXTS["notice"], "block") in command("notice", dsn=installed).stdout


def test_a_notice_needs_a_watched_column(installed: str) -> None:
    done = command("notice", dsn=installed)
    assert done.returncode == 2
    assert "no column is watched" in done.stderr
