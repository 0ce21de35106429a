"""`motjuste lint` and `motjuste explain`: bytes in, text or JSONL out, exit code; in this process, where the rules are loaded
already, and as a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from motjuste.cli import main
from test_rewrite import DIVORCE, OPERATION


def process(*arguments: str, note: bytes | str = b"") -> subprocess.CompletedProcess[bytes]:
    """One run of the command in a process; never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "motjuste", *arguments], input=as_bytes(note), capture_output=True
    )
    assert b"Traceback" not in done.stderr
    return done


def run(*arguments: str, note: bytes | str = b"") -> subprocess.CompletedProcess[bytes]:
    """One run of the command line, from its entry to its exit code, in this process."""
    given, out, err = (io.TextIOWrapper(io.BytesIO(raw), "utf-8") for raw in (as_bytes(note), b"", b""))
    with pytest.MonkeyPatch.context() as here, redirect_stdout(out), redirect_stderr(err):
        here.setattr(sys, "stdin", given)
        with pytest.raises(SystemExit) as end:
            main.run(list(arguments))
    for stream in (out, err):
        stream.flush()
    code = int(end.value.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.buffer.getvalue(), err.buffer.getvalue())


def as_bytes(note: bytes | str) -> bytes:
    return note.encode("utf-8", "surrogatepass") if isinstance(note, str) else note


def objects(note: bytes | str) -> list[dict[str, Any]]:
    """What `lint --format jsonl` prints, one object a note."""
    return [json.loads(line) for line in run("lint", "--format", "jsonl", note=note).stdout.splitlines()]


def test_the_two_sentences() -> None:
    records = [{"id": "op", "text": OPERATION}, {"id": "div", "text": DIVORCE}]
    done = process("lint", "--format", "jsonl", note="\n".join(map(json.dumps, records)))
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(o["id"], o["rewrite"]) for o in found] == [
        ("op", "Client indisponible pour 1 mois pour raisons de santé"),
        ("div", "Le client nous fait part de difficultés financières"),
    ]
    for record, answer in zip(records, found, strict=True):
        assert set(answer) == {"id", "findings", "rewrite"}
        for finding in answer["findings"]:
            assert set(finding) == {"rule", "category", "level", "start", "length"}
            assert 0 <= finding["start"] < finding["start"] + finding["length"] <= len(record["text"])


def test_plain_lines_are_numbered_and_blank_ones_left_out() -> None:
    found = objects("Client content.\n\n  \nClient alcoolique.\r\n")
    assert [(o["id"], len(o["findings"]), o["rewrite"]) for o in found] == [(1, 0, None), (4, 1, "")]


def test_a_json_line_that_is_no_record_is_a_note() -> None:
    found = objects('{"text": 3}\n{alcoolique}\n{"id": [1], "text": "content"}\n')
    assert [(o["id"], len(o["findings"])) for o in found] == [(1, 0), (2, 1), ([1], 0)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_exit_codes(ending: str) -> None:
    assert run("lint", note="Client content." + ending).returncode == 0
    assert run("lint", note="Client alcoolique." + ending).returncode == 1


def test_text_shows_place_advice_and_proposal() -> None:
    done = run("lint", note="Client alcoolique, rappeler lundi.\n")
    shown = done.stdout.decode()
    assert "1:8: " in shown and "[block]" in shown and "« alcoolique »" in shown
    assert "proposition : Rappeler lundi." in shown
    clean = run("lint", note="Client content.\n")
    assert (clean.stdout, clean.stderr) == (b"", b"1 note(s) read, nothing found.\n")


@pytest.mark.parametrize("note", ["", "\n", "\r\n \n"])
def test_nothing_read_is_an_error_unless_allowed(note: str) -> None:
    done = run("lint", note=note)
    assert done.returncode == 2
    assert b"motjuste: error: no note was read\nhelp: " in done.stderr
    assert run("lint", "--allow-empty", note=note).returncode == 0


def test_what_is_not_utf8_is_refused_by_line_and_file(tmp_path: Path) -> None:
    done = process("lint", note="Client content.\nd\xe9pressif\n".encode("latin-1"))
    assert done.returncode == 2
    assert b"standard input: line 2 is not UTF-8 (byte 2)\nhelp: " in done.stderr
    path = tmp_path / "notes.txt"
    path.write_bytes(bytes(range(1, 256)))
    done = run("lint", str(path))
    assert done.returncode == 2
    assert f"{path}: line ".encode() in done.stderr


def test_of_a_file_the_notes_before_an_error_are_answered_as_on_standard_input(tmp_path: Path) -> None:
    notes = b"Client alcoolique.\nClient content.\n" * 3
    path = tmp_path / "notes.txt"
    path.write_bytes(notes + b"d\xe9pressif\n")
    done = run("lint", str(path))
    assert (done.returncode, done.stdout) == (2, run("lint", note=notes).stdout)
    assert b"line 7 is not UTF-8" in done.stderr


def test_an_error_never_shows_the_note() -> None:
    done = run("lint", note="secret alcoolique d\xe9pressif\n".encode("latin-1"))
    assert b"secret" not in done.stdout + done.stderr


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        done = run("lint", str(path))
        assert done.returncode == 2
        assert str(path).encode() in done.stderr and b"help: " in done.stderr


ODD = {
    "bom": "\ufeffalcoolique",
    "surrogates": "\ud800 alcoolique \udfff",
    "right-to-left": "مرحبا alcoolique \u202eשלום",
    "emoji": "🤬 alcoolique 👨‍👩‍👧",
    "control": "\x01\x02\x7f alcoolique \x1b[31m",
    "braces": "{" * 100_000 + " alcoolique",
    "brackets": "[" * 100_000 + " alcoolique",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_notes_are_answered_in_both_formats(name: str) -> None:
    [answer] = objects(ODD[name])
    assert len(answer["findings"]) == 1
    assert run("lint", note=ODD[name]).returncode == 1


def test_odd_notes_are_answered_by_a_process() -> None:
    done = process("lint", "--format", "jsonl", note="\n".join(ODD.values()))
    assert done.returncode == 1
    assert [len(json.loads(line)["findings"]) for line in done.stdout.splitlines()] == [1] * len(ODD)


def test_a_note_of_a_megabyte() -> None:
    neutral = "Client rappelé ce jour, envoi du dossier par la poste. "
    [answer] = objects(neutral * 18_000 + "Client alcoolique.")
    assert len(answer["findings"]) == 1
    assert len(answer["rewrite"]) > 900_000


def test_several_files_are_read_in_order(tmp_path: Path) -> None:
    for name, text in (("a", "Client content."), ("b", "Client alcoolique.")):
        (tmp_path / name).write_text(text)
    done = run("lint", "--format", "jsonl", str(tmp_path / "a"), str(tmp_path / "b"))
    assert [len(json.loads(line)["findings"]) for line in done.stdout.splitlines()] == [0, 1]
    piped = run("lint", "--format", "jsonl", str(tmp_path / "a"), "-", note="Client alcoolique.")
    assert [len(json.loads(line)["findings"]) for line in piped.stdout.splitlines()] == [0, 1]


def test_explain() -> None:
    clean = run("explain", "Client content.")
    assert clean.returncode == 0 and clean.stdout
    found = run("explain", "Client alcoolique.")
    assert found.returncode == 1
    assert b"8-17" in found.stdout and b" found" in found.stdout


def test_second_reading_says_how_sure_each_finding_is() -> None:
    note = "Client alcoolique, rappeler lundi.\nClient content.\n"
    done = run("lint", "--second-reading", "--format", "jsonl", note=note)
    assert done.returncode == 1
    [found, clean] = map(json.loads, done.stdout.splitlines())
    assert [f["certainty"] for f in found["findings"]] == ["certain"]
    assert clean["findings"] == []
    assert "[block, certain] Santé" in run("lint", "--second-reading", note=note).stdout.decode()
