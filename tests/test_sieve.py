"""The sieve finds in many notes at once what the matcher finds in each."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motjuste.matcher import Matcher
from motjuste.sieve import Sieve

from motjuste import scan, sieve
from motjuste.model import Pack
from test_corpus import answers, spread
from test_quick import NOTE

PIECES = (
    "Client agressif, à rappeler.", "M. Gay", "Mme ! alcoolique", "st. Hernie; opéré", "code 1234", "carte bleue 4970 1012 3456 7890",
    "mot de passe : soleil24", "con.nard", "un s.d.f", "c*nnard", "cœur malade", "Æ", "œ" * 40, "n° 12", "…", "😀", "a\u0301", "con\u00adnard",
    "\n", "\n\n", " ", ".", "m.", "M", "1" * 30, "30€", "x" * 70, "hospi", "d'une hernie discale", "", "\u202f", "le client\nest juif",
)  # fmt: skip


@pytest.fixture(scope="module")
def matcher(pack: Pack) -> Matcher:
    """The matcher of the shipped rules."""
    return Matcher(pack)


@pytest.fixture(scope="module")
def through(matcher: Matcher) -> Sieve:
    """The sieve of the shipped rules."""
    return Sieve(matcher)


@pytest.mark.corpus
def test_some_of_the_corpus_in_one_go(through: Sieve) -> None:
    labelled = list(spread([*answers("tune"), *answers("check")], 3_600))
    random.Random(5).shuffle(labelled)
    found = through.find([note.text for note, _ in labelled])
    assert found == [matches for _, matches in labelled]
    assert sum(map(bool, found)) > len(labelled) / 4


@given(st.lists(st.one_of(NOTE, st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)), max_size=12))
def test_any_notes(matcher: Matcher, through: Sieve, notes: list[str]) -> None:
    assert through.find(notes) == [matcher.find(note) for note in notes]


def test_a_regular_note_without_a_fault_is_not_looked_at_again(through: Sieve) -> None:
    notes = ["Rappeler lundi à 14h30, facture de 30€ envoyée."] * 3 + ["Le client est alcoolique."]
    assert through.suspects(notes) == ({3: {0}}, [])


@pytest.mark.parametrize(
    "odd", ["\0", "alcoolique\0gay", "é" * (sieve.MOST + 5) + " alcoolique", "œ" * (sieve.MOST - 9)]
)
def test_odd_notes_among_others(matcher: Matcher, through: Sieve, odd: str) -> None:
    notes = ["rien à signaler", odd, "Le client est alcoolique."]
    assert through.find(notes) == [matcher.find(note) for note in notes]


def test_a_word_beside_itself_is_no_other_word(matcher: Matcher, through: Sieve) -> None:
    """What a term needs beside its anchor is another word, also where its set holds the anchor."""
    notes = [
        note for word in ("client", "pas", "arret") for note in (word, f"{word} {word}", f"{word}. {word}")
    ]
    assert through.find(notes) == [matcher.find(note) for note in notes]


def test_where_nothing_may_be_kept_on_disk_it_is_compiled_all_the_same() -> None:
    made: dict[str, Callable[[int], int]] = {}
    exec(
        "def twice(n: int) -> int: return 2 * n", made
    )  # a function of no file: there is no place for its cache
    assert sieve._compiled(made["twice"])(21) == 42


def test_without_the_extra_a_scan_reads_one_by_one(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MANY", 0)
    monkeypatch.setattr(scan, "find_spec", lambda name: None)
    find = scan.Finder(matcher)
    assert find(["Le client est alcoolique."]) == [matcher.find("Le client est alcoolique.")]
    assert find._sieve is None


def test_a_scan_of_many_notes_finds_the_same(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MANY", 60)
    find = scan.Finder(matcher)
    notes = ["Le client est alcoolique.", "Rappeler lundi."]
    want = [matcher.find(note) for note in notes]
    assert [find(notes) for _ in range(4)] == [want] * 4
    assert find._sieve is not None
