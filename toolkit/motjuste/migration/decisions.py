"""The decisions file: one JSON object a note, sorted, without time, without the note's text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any, cast, get_args, get_type_hints

from motjuste.errors import ConfigError
from motjuste.model import Decision, Edit, Verdict

_ACTIONS = get_args(get_type_hints(Verdict)["action"])
_HINT = "mend or remove the line, or start a new file and review again"

# a number with decimals stays as written; made once, since making one takes longer than reading a line
_DECODER = json.JSONDecoder(parse_float=str)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)

NoteId = tuple[str, str, str, str, str]


def note_id(relation: str, column: str, json_key: str, row_key: dict[str, Any], digest: str) -> NoteId:
    """The key of a reviewed note, in the order of the file."""
    return relation, column, json_key, _ENCODER.encode(row_key), digest


def identity(decision: Decision) -> NoteId:
    """The note that a decision is about."""
    d = decision
    return note_id(d.relation, d.column, d.json_key, d.row_key, d.note_digest)


def write(decisions: Iterable[Decision]) -> str:
    """The text of a decisions file: the same decisions always give the same bytes."""
    return "".join(_ENCODER.encode(record(d)) + "\n" for d in sorted(decisions, key=identity))


def record(d: Decision) -> dict[str, Any]:
    """A decision as its line in a file has it."""
    verdicts = []
    for v in sorted(d.verdicts, key=lambda v: (v.start, v.length, v.rule)):
        verdict: dict[str, Any] = {"action": v.action, "length": v.length, "rule": v.rule, "start": v.start}
        if v.reason:
            verdict["reason"] = v.reason
        if v.until:
            verdict["until"] = v.until.isoformat()
        verdicts.append(verdict)
    made = {
        "relation": d.relation,
        "column": d.column,
        "json_key": d.json_key,
        "row_key": d.row_key,
        "note_digest": d.note_digest,
        "digest_after": d.digest_after,
        "edits": [[e.start, e.length, e.text] for e in sorted(d.edits, key=lambda e: e.start)],
        "reviewer": d.reviewer,
        "verdicts": verdicts,
    }
    return made | ({"second_reader": d.second_reader} if d.second_reader else {})


def read(text: str, name: str) -> list[Decision]:
    """The decisions of a file. Raises ConfigError naming the file `name` and the first line that is wrong."""
    # not splitlines(): it would cut inside a string that holds U+2028
    return [made for _, made in parse(text.split("\n"), name)]


def parse(lines: Iterable[str], name: str) -> Iterator[tuple[int, Decision]]:
    """Each decision with the number of its line, one at a time. Raises ConfigError naming the first line that is wrong."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = _decision(_DECODER.decode(line))
        except json.JSONDecodeError as exc:
            raise ConfigError(f"{name}:{number}: not JSON (column {exc.colno})", hint=_HINT) from exc
        except KeyError as exc:
            raise ConfigError(f"{name}:{number}: {exc.args[0]} is missing", hint=_HINT) from exc
        except (TypeError, ValueError) as exc:
            raise ConfigError(f"{name}:{number}: {exc}", hint=_HINT) from exc
        yield number, found


def changing(lines: Iterable[str]) -> Iterator[Decision]:
    """The decisions that change their note, without their verdicts, of lines that `parse` has found right."""
    for line in lines:
        if not line.strip():
            continue
        r = _DECODER.decode(line)
        if r["edits"]:
            edits = tuple([Edit(*e) for e in r["edits"]])
            where = r["relation"], r["column"], r["json_key"], r["row_key"], r["note_digest"]
            yield Decision(*where, (), edits, r["reviewer"], r["digest_after"])


def _decision(record: Any) -> Decision:
    if not isinstance(record, dict):
        raise TypeError("not a JSON object")
    row_key = record["row_key"]
    if not isinstance(row_key, dict):
        raise TypeError("row_key is not an object")
    edits = tuple(_edit(e) for e in _list(record, "edits"))
    for before, after in pairwise(edits):
        if before.start + max(before.length, 1) > after.start:
            raise ValueError("edits overlap or are out of order")
    digest_after = _text(record, "digest_after")
    return Decision(
        relation=_text(record, "relation"),
        column=_text(record, "column"),
        json_key=_text(record, "json_key"),
        row_key=row_key,
        note_digest=_digest(_text(record, "note_digest")),
        verdicts=tuple(_verdict(v) for v in _list(record, "verdicts")),
        edits=edits,
        reviewer=_text(record, "reviewer"),
        digest_after=_digest(digest_after) if edits else digest_after,
        second_reader=_text(record, "second_reader") if "second_reader" in record else "",
    )


def _verdict(record: Any) -> Verdict:
    if not isinstance(record, dict):
        raise TypeError("a verdict is not an object")
    action = _text(record, "action")
    if action not in _ACTIONS:
        raise ValueError(f"action is none of {', '.join(_ACTIONS)}")
    return Verdict(
        rule=_text(record, "rule"),
        start=_count(record["start"]),
        length=_count(record["length"]),
        action=cast(Any, action),
        reason=_text(record, "reason") if "reason" in record else "",
        until=date.fromisoformat(_text(record, "until")) if "until" in record else None,
    )


def _edit(record: Any) -> Edit:
    if not (isinstance(record, list) and len(record) == 3 and isinstance(record[2], str)):
        raise TypeError("an edit is not [start, length, text]")
    return Edit(_count(record[0]), _count(record[1]), record[2])


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a position or length is not a whole number from 0")
    return value


def _text(record: dict[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a string")
    return value


def _list(record: dict[str, Any], name: str) -> list[Any]:
    value = record[name]
    if not isinstance(value, list):
        raise TypeError(f"{name} is not a list")
    return value


def _digest(value: str) -> str:
    if len(value) != 64 or len(bytes.fromhex(value)) != 32:
        raise ValueError("a digest is not 64 hexadecimal digits")
    return value
