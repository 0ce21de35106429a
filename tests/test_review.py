"""The review's state machine, fed with answers."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from conftest import finder
from motjuste.model import Decision, Finding, Pack, Verdict
from motjuste.notes import editing
from motjuste.review.note import Note, by_note, decision, span
from motjuste.review.session import Answer, Session
from motjuste.review.writer import Writer

TEXT = "Client alcoolique. Rappeler lundi. Sa femme est dépressive. Dossier complet."
WAIT = Answer("d", "a quotation")


@pytest.fixture(scope="module")
def writer(pack: Pack) -> Writer:
    return Writer(finder(pack))


def note(writer: Writer, text: str = TEXT, key: int = 1, limit: int | None = None) -> Note:
    """A note with the findings that a scan would have stored."""
    found = [
        Finding("crm.client", "note", "", {"id": key}, "00" * 32, m.rule, m.category, m.level, m.start, m.length, 10 * key + i)
        for i, m in enumerate(writer.matcher.find(text))
    ]  # fmt: skip
    return Note(tuple(found), text, limit)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def feed(session: Session, *answers: Answer | str) -> None:
    for a in answers:
        assert session.answer(Answer(a) if isinstance(a, str) else a) == ""


def test_accept_rewrites_the_accepted_only(writer: Writer) -> None:
    n = note(writer)
    assert len(n.findings) == 2
    session = Session([n], writer)
    feed(session, "a", WAIT)
    assert session.current is None
    assert n.result == "Rappeler lundi. Sa femme est dépressive. Dossier complet."
    made = decision(n, "alice", digest)
    assert editing.apply(TEXT, made.edits) == n.result
    assert made.digest_after == digest(n.result)
    assert [(v.action, v.reason) for v in made.verdicts] == [("accept", ""), ("dismiss", "a quotation")]


def test_the_proposal_shows_what_accepting_now_gives(writer: Writer) -> None:
    session = Session([note(writer)], writer)
    feed(session, WAIT)
    assert session.proposal() == "Client alcoolique. Rappeler lundi. Dossier complet."


@pytest.mark.parametrize(
    ("text", "first", "second", "expected"),
    [
        ("Client alcoolique et connard, rappeler lundi.", "a", "d", "Client […] et connard, rappeler lundi."),
        ("Client alcoolique et connard, rappeler lundi.", "a", "t", "Client […] et connard, rappeler lundi."),
        ("Client alcoolique et connard, rappeler lundi.", "d", "a", "Client alcoolique et […], rappeler lundi."),
        (
            "Cliente séropositive, son mari est un escroc. Rappeler.", "a", "d",
            "Cliente […], son mari est un escroc. Rappeler.",
        ),
        # words that are accepted here, and dismissed there
        ("Client alcoolique. Sa femme est alcoolique.", "a", "d", "Client […]. Sa femme est alcoolique."),
    ],
)  # fmt: skip
def test_a_dismissed_passage_stays(writer: Writer, text: str, first: str, second: str, expected: str) -> None:
    answers = {"d": WAIT, "t": Answer("t", "a quotation", date(2030, 1, 1))}
    n = note(writer, text)
    assert len(n.findings) == 2
    feed(Session([n], writer), *(answers.get(key, key) for key in (first, second)))
    assert n.result == expected
    assert editing.apply(text, decision(n, "alice", digest).edits) == expected


@pytest.mark.corpus
def test_a_dismissed_passage_stays_whatever_stands_beside_it(writer: Writer, pack: Pack) -> None:
    """Of two faults in one sentence, the first accepted and the second dismissed, and the other way round."""
    said = [r.bad[0].text.rstrip(" .!?") for r in pack.rules if r.bad]
    both = 0
    for one, other in zip(said[::7], said[3::7], strict=False):
        text = f"{one}, {other[:1].lower()}{other[1:]}."
        matches = writer.matcher.find(text)
        for kept in matches:
            verdicts = [
                Verdict(m.rule, m.start, m.length, "dismiss" if m == kept else "accept", "r") for m in matches
            ]
            gone = [m for m in matches if m != kept]
            if not gone or any(m.start < kept.end and kept.start < m.end for m in gone):
                continue
            both += 1
            new = writer.text(text, verdicts)
            words = text[kept.start : kept.end]
            assert words.lower() in new.lower(), (text, words, new)
            assert not [
                m
                for m in writer.matcher.find(new)
                if m.rule not in {x.rule for x in matches} and new[m.start : m.end] not in words
            ], new
    assert both > 50


def test_own_words_stay_where_another_finding_is_dismissed(writer: Writer) -> None:
    n = note(writer)
    session = Session([n], writer)
    feed(session, "s", WAIT)
    feed(Session([n], writer), Answer("e", text="Rappeler mardi. Sa femme est dépressive."))
    assert n.result == "Rappeler mardi. Sa femme est dépressive."


def test_mask_replaces_the_words_alone(writer: Writer) -> None:
    n = note(writer)
    feed(Session([n], writer), "m", "a")
    assert n.result == "Client […]. Rappeler lundi. Dossier complet."


def test_mask_and_accept_keep_positions_apart(writer: Writer) -> None:
    n = note(writer)
    feed(Session([n], writer), "a", "m")
    masked = n.findings[1]
    words = TEXT[masked.start : masked.start + masked.length]
    assert n.result == TEXT.replace("Client alcoolique. ", "").replace(words, "[…]")


def test_dismissed_and_tolerated_notes_keep_their_text(writer: Writer) -> None:
    n = note(writer)
    feed(Session([n], writer), WAIT, Answer("t", "cited", date(2030, 1, 1)))
    made = decision(n, "alice", digest)
    assert (made.edits, made.digest_after) == ((), "")
    assert made.verdicts[1].until == date(2030, 1, 1)


@pytest.mark.parametrize(
    "answer", [Answer("d"), Answer("d", "  "), Answer("t", "x"), Answer("z"), Answer("")]
)
def test_a_refused_answer_changes_nothing(writer: Writer, answer: Answer) -> None:
    session = Session([note(writer)], writer)
    at = session.current
    assert session.answer(answer)
    assert session.current == at
    assert session.changes() == []


def test_own_wording_settles_the_whole_note(writer: Writer) -> None:
    first, second = note(writer), note(writer, key=2)
    session = Session([first, second], writer)
    feed(session, Answer("e", text="Rappeler lundi."))
    assert session.current is not None
    assert session.current[0] is second
    assert first.result == "Rappeler lundi."
    assert {v.action for v in first.verdicts.values()} == {"accept"}
    assert first.findings and editing.apply(TEXT, decision(first, "a", digest).edits) == "Rappeler lundi."


def test_own_wording_is_refused_while_it_holds_a_finding(writer: Writer) -> None:
    n = note(writer)
    session = Session([n], writer)
    assert "sante" in session.answer(Answer("e", text="Client dépressif."))
    assert "stored" in session.answer(Answer("e", text="a\0b"))
    assert "stored" in session.answer(Answer("e", text="a\ud800b"))
    assert (n.verdicts, n.result) == ({}, TEXT)


def test_own_wording_may_keep_what_was_dismissed(writer: Writer) -> None:
    n = note(writer)
    feed(Session([n], writer), WAIT, Answer("e", text="Client alcoolique."))
    assert n.result == "Client alcoolique."
    assert [v.action for v in n.verdicts.values()] == ["dismiss", "accept"]


def test_back_decides_again_and_skip_withdraws(writer: Writer) -> None:
    n = note(writer)
    session = Session([n], writer)
    assert session.answer(Answer("b")) == "this is the first finding"
    feed(session, "a", "b", WAIT)
    assert [v.action for v in n.verdicts.values()] == ["dismiss"]
    feed(session, "b", "s", "s")
    assert session.current is None
    assert (n.verdicts, n.result) == ({}, TEXT)
    assert session.changes() == [n]


def test_quit_stops_and_changes_are_given_once(writer: Writer) -> None:
    session = Session([note(writer), note(writer, key=2)], writer)
    feed(session, "a")
    assert len(session.changes()) == 1
    assert session.changes() == []
    feed(session, "q")
    assert session.current is None
    assert session.answer(Answer("a")) == "nothing left to answer"


def test_notes_are_read_when_they_are_reached(writer: Writer) -> None:
    read: list[int] = []

    def notes():  # type: ignore[no-untyped-def]
        for key in (1, 2, 3):
            read.append(key)
            yield note(writer, key=key)

    session = Session(notes(), writer)
    assert read == [1]
    feed(session, "a", "a")
    assert read == [1, 2]
    assert session.position == 3


def test_a_text_too_long_for_the_column_is_refused(writer: Writer) -> None:
    n = note(writer, limit=10)
    session = Session([n], writer)
    assert "column holds 10" in session.answer(Answer("a"))
    assert session.answer(Answer("e", text="court")) == ""


def test_resuming_keeps_earlier_verdicts_and_wording(writer: Writer) -> None:
    whole = note(writer)
    feed(Session([whole], writer), "a", WAIT)
    earlier = decision(whole, "alice", digest)
    left = replace(whole, findings=whole.findings[1:], verdicts={}, result="")
    left.resume(earlier, writer.matcher.rules)
    assert set(left.verdicts) == {span(whole.findings[0])}
    feed(Session([left], writer), "a")
    assert left.result == "Rappeler lundi. Dossier complet."

    own = replace(whole, findings=whole.findings[1:], verdicts={}, result="")
    wording = Decision(
        "", "", "", {}, "", earlier.verdicts[:1], tuple(editing.edits(TEXT, "Rappeler mardi.")), "", ""
    )
    own.resume(wording, writer.matcher.rules)
    feed(Session([own], writer), WAIT)
    assert own.result == "Rappeler mardi."


def test_findings_are_grouped_by_note(writer: Writer) -> None:
    a, b = note(writer), note(writer, key=2)
    mixed = [b.findings[1], a.findings[0], b.findings[0], a.findings[1]]
    assert by_note(mixed) == [a.findings, b.findings]


def test_the_surest_and_gravest_come_first(writer: Writer) -> None:
    found = note(writer).findings[0]

    def one(key: int, level: str, certainty: str | None) -> Finding:
        return replace(found, row_key={"id": key}, level=level, certainty=certainty)  # type: ignore[arg-type]

    some = [
        one(1, "block", "doubtful"), one(2, "watch", "certain"), one(3, "block", None), one(4, "watch", "likely"),
        one(5, "block", "certain"),
    ]  # fmt: skip
    assert [group[0].row_key["id"] for group in by_note(some)] == [5, 2, 3, 4, 1]
