"""The decisions file: the same bytes for the same decisions, and what a damaged one gets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from motjuste.errors import ConfigError
from motjuste.migration import decisions
from motjuste.model import Decision, Edit, Verdict

D = Decision(
    'crm."Bloc;Note"', "note", "", {"id": 1, "part": "é\u2028x"}, "ab" * 32,
    (Verdict("sante-alcool", 7, 10, "accept"), Verdict("injure", 0, 3, "tolerate", "cité", date(2027, 1, 31))),
    (Edit(0, 17, ""), Edit(19, 1, "R")), "alice", "cd" * 32,
)  # fmt: skip


def test_read_gives_back_what_was_written() -> None:
    text = decisions.write([D])
    (again,) = decisions.read(text, "f")
    assert again == replace(D, verdicts=tuple(sorted(D.verdicts, key=lambda v: v.start)))
    assert decisions.write([again]) == text


def test_order_and_bytes_do_not_depend_on_the_order_of_review() -> None:
    others = [replace(D, row_key={"id": i}) for i in range(5)]
    assert decisions.write([D, *others]) == decisions.write([*reversed(others), D])


def test_numbers_with_decimals_stay_as_written() -> None:
    line = decisions.write([D]).replace('"id": 1', '"id": 12345678901234567890.10')
    assert decisions.read(line, "f")[0].row_key["id"] == "12345678901234567890.10"


def test_what_changes_its_note_is_read_again_without_verdicts() -> None:
    kept = replace(D, row_key={"id": "1.50"}, edits=(), digest_after="")
    text = decisions.write([D, kept])
    assert list(decisions.changing(text.split("\n"))) == [replace(D, verdicts=())]


def damaged(**changes: Any) -> str:
    record = json.loads(decisions.write([D]))
    record.update(changes)
    return json.dumps({k: v for k, v in record.items() if v is not ...})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (damaged(relation=...), "relation is missing"),
        (damaged(relation=3), "relation is not a string"),
        (damaged(row_key=[]), "row_key is not an object"),
        (damaged(note_digest="zz"), "digest"),
        (damaged(digest_after=""), "digest"),
        (damaged(edits=[[1, "2", "x"]]), "whole number"),
        (damaged(edits=[[-1, 2, "x"]]), "whole number"),
        (damaged(edits=[[True, 2, "x"]]), "whole number"),
        (damaged(edits=[[0, 5, ""], [4, 1, ""]]), "overlap"),
        (damaged(edits=[[4, 0, "a"], [4, 1, "b"]]), "overlap"),
        (damaged(edits=[[1, 2]]), "an edit is not"),
        (damaged(verdicts=[{"rule": "r", "start": 0, "length": 1, "action": "burn"}]), "action"),
        (
            damaged(verdicts=[{"rule": "r", "start": 0, "length": 1, "action": "mask", "until": "soon"}]),
            "isoformat",
        ),
        (damaged(verdicts="none"), "verdicts is not a list"),
        (damaged(verdicts=[1]), "a verdict is not an object"),
    ],
)
def test_a_damaged_line_is_named(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        decisions.read(decisions.write([D]) + line + "\n", "my.jsonl")
    assert caught.value.message.startswith("my.jsonl:2: ")
    assert caught.value.hint
