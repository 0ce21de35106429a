"""What a person sees: tables as wide as the terminal, colours on a terminal only, what is meant by a misspelt command."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow import Bench
from motjuste import assets
from motjuste.cli import table
from motjuste.cli.screen import laid
from motjuste.cli.streams import folded
from motjuste.db import findings
from motjuste.db.deciding import Kept
from motjuste.model import Finding
from motjuste.review import sheet
from motjuste.review.session import Answer
from motjuste.review.words import words

COLUMN = "crm.dossier_de_contentieux.commentaire_interne_du_gestionnaire"
ROWS = [
    (COLUMN, "text", "~12,345", 90, "long text, called `commentaire`, holds sentences about persons"),
    ("crm.client.note", "varchar", "~2", 55, "long text"),
]
HEADERS = ["column", "type", "rows", "score", "reasons"]


def in_terminal(
    command: list[str], typed: str = "", columns: int = 80, *, messages: bool = True, **environ: str
) -> str:
    """What a command prints on a terminal of so many columns, where this is typed; without `messages` not what it says on stderr."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES", "TERM")}
    ours, theirs = pty.openpty()
    # the size of the terminal, as TIOCSWINSZ sets it
    subprocess.run(["stty", "cols", str(columns), "rows", "40"], stdin=theirs, check=True)
    started = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs if messages else subprocess.DEVNULL,
        env={**kept, "TERM": "xterm", **environ},
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    told = b""
    while select.select([ours], [], [], 120)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        told += part
    os.close(ours)
    started.wait(120)
    return told.decode().replace("\r\n", "\n")


def motjuste(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "motjuste", *arguments]


# -- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table.tabulate(ROWS, HEADERS, disable_numparse=True)
    assert max(map(len, whole.splitlines())) > 130 and len(whole.splitlines()) == 4, (
        "a pipe takes whole lines"
    )
    monkeypatch.setenv("COLUMNS", "110")
    told = table.tabulate(ROWS, HEADERS, disable_numparse=True).splitlines()
    assert max(map(len, told)) <= 110 and told[0].split() == HEADERS
    assert any(line.startswith(COLUMN) for line in told), "no name is broken"
    monkeypatch.setenv("COLUMNS", "80")
    told = table.tabulate(ROWS, HEADERS, disable_numparse=True).splitlines()
    assert max(map(len, told)) <= 80
    assert told[0] == f"column   {COLUMN}" and told[3] == "score    90" and "" in told
    assert told[-2:] == ["score    55", "reasons  long text"]


def test_what_fits_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table.tabulate(ROWS[1:], HEADERS)
    monkeypatch.setenv("COLUMNS", str(max(map(len, whole.splitlines()))))
    assert table.tabulate(ROWS[1:], HEADERS) == whole
    assert table.tabulate([], HEADERS) == table.tables.tabulate([], HEADERS)


@given(st.text("ab é`\n", max_size=300), st.integers(20, 90))
def test_a_message_is_as_wide_as_the_terminal_and_no_word_is_lost(text: str, most: int) -> None:
    command = "motjuste migrate plan --output FOLDER"
    text = f"{text} {command}, {text}"
    assert folded(text) == text, "a pipe takes whole lines"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(most))
        lines = folded(text).split("\n")
    longest = max(map(len, re.findall(r"`[^`\n]+`|\S+", text)))
    assert max(map(len, lines)) <= max(most, longest + 90)
    assert [word for line in lines for word in line.split()] == text.split()
    if most > len(command) + 4:
        assert any(command in line for line in lines), "a command is copied whole"


@given(
    st.lists(st.lists(st.text("ab é", max_size=30), min_size=3, max_size=3), min_size=1, max_size=4),
    st.integers(20, 90),
)
def test_no_line_is_too_long_and_no_word_is_lost(rows: list[list[str]], most: int) -> None:
    widths = table.fitting(rows, most)
    longest = [max((len(w) for r in rows for w in r[i].split()), default=0) for i in range(3)]
    if widths is None:
        assert sum(longest) + 2 * table.GAP > most
        return
    assert sum(widths) + 2 * table.GAP <= max(
        most, sum(max(len(r[i]) for r in rows) for i in range(3)) + 2 * table.GAP
    )
    assert all(w >= least for w, least in zip(widths, longest, strict=True))


def test_markdown_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert len(table.tabulate(ROWS, HEADERS, tablefmt="github").splitlines()) == 4


def test_a_note_is_wrapped_under_where_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "La cliente demande un délai, \x1b[7m[[alcoolique]]\x1b[0m notoire, elle rappellera.\nSuite."
    assert laid("  note        ", text) == "  note        " + text
    monkeypatch.setenv("COLUMNS", "50")
    lines = laid("  note        ", text).split("\n")
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in lines]
    assert max(map(len, plain)) <= 50 and plain[-1] == " " * 14 + "Suite."
    assert all(line.startswith(" " * 14) for line in plain[1:])
    assert " ".join(" ".join(plain).split()) == "note " + re.sub(r"\x1b\[\d+m", "", text).replace("\n", " ")


@pytest.mark.first_server
def test_the_bar_of_a_scan_fits(tmp_path: Path) -> None:
    script = (
        "from motjuste.cli.progress import shown\nfrom motjuste.db.sweep import Progress\n"
        f"with shown() as told:\n    for n in range(0, 1000000, 100000):\n"
        f"        told(Progress(label='{COLUMN}', rows=n, total=1000000, parts=1, findings=n))\n"
    )
    told = in_terminal([sys.executable, "-c", script])
    shown = [re.sub(r"\x1b\[[?\d]*\w", "", line) for line in re.split(r"[\r\n]+", told)]
    assert any("finding(s)" in line or "rows/s" in line for line in shown)
    assert max(map(len, shown)) <= 80, shown


@pytest.mark.first_server
def test_commands_fit_a_terminal_of_80_columns(client: Bench) -> None:
    client.conn.execute("alter table client rename to dossier_de_contentieux")
    client.conn.execute("alter table dossier_de_contentieux rename note to commentaire_interne")
    label = "public.dossier_de_contentieux.commentaire_interne"
    client.conn.execute(
        "update dossier_de_contentieux set commentaire_interne = repeat('Rappeler lundi. ', 9) || 'Client alcoolique. Suite.'"
    )
    Path("motjuste.toml").write_text(
        '[[watch]]\nrelation = "public.dossier_de_contentieux"\ncolumn = "commentaire_interne"\n'
    )
    Path("1.sql").write_text(
        "create table public.dossier_de_contentieux (id int primary key, commentaire_interne text);\n"
    )
    client.conn.execute("select motjuste.attach('dossier_de_contentieux', 'commentaire_interne', 'flag')")
    for typed, *command in (
        ("", "discover"), ("", "scan"), ("", "status", "--readers"), ("?\nd*\n1\nn\nq\n", "review"), ("", "check", "1.sql"),
    ):  # fmt: skip
        told = in_terminal(motjuste(*command), typed, MOTJUSTE_DSN=client.dsn)
        plain = [re.sub(r"\x1b\[[?\d;]*\w", "", line) for line in told.splitlines()]
        assert label in told, told
        # what is typed is not echoed behind a prompt
        plain = [re.sub(r"^.*( > |\(sans citer la note\): )", "", line) for line in plain]
        assert [line for line in plain if len(line) > 80] == [], command
    decided = "select count(*) from motjuste.finding where status <> 'open'"
    before = client.column(decided)
    # nobody answers, or nobody reads on: a quiet end with the usual exit code, and nothing is decided
    for shell, code in (
        ("motjuste review < /dev/null > out", 1), ("motjuste review 0<&- > out", 1), ("motjuste status 2> said | head -n 1 > out", 0),
        ("motjuste scan 2> said | head -n 1 > out", 1), ("motjuste discover 2> said | head -n 1 > out", 0),
    ):  # fmt: skip
        script = f"{shell}; exit ${{PIPESTATUS[0]}}".replace("motjuste", f"{sys.executable} -m motjuste")
        environ = {**os.environ, "MOTJUSTE_DSN": client.dsn}
        done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), (shell, done.stderr)
    assert client.column(decided) == before


# -- colours, suggestions ------------------------------------------------------------------------------------------------


def test_colours_are_for_terminals_that_want_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = motjuste("statsu")
    assert "\x1b[31m" in in_terminal(command)
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in in_terminal(command, **environ)
    Path("note").write_text("Client alcoolique.\n", encoding="utf-8")
    lint = motjuste("lint", "note")
    assert "\x1b[31m[block]\x1b[0m" in in_terminal(lint) and "\x1b" not in in_terminal(lint, NO_COLOR="1")
    piped = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert piped.stderr == (
        "motjuste: error: No such command 'statsu'. Did you mean 'status'?\nhelp: motjuste --help\n"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("instal", "'install'"), ("scna", "'scan'"), ("migrate aply", "'apply'"), ("rules lst", "'list'"),
        ("lint --fromat jsonl", "'--format'"), ("scan --job 2", "'--jobs'"),
    ],
)  # fmt: skip
def test_what_was_meant(typed: str, meant: str) -> None:
    done = subprocess.run(motjuste(*typed.split()), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and meant in done.stderr.splitlines()[0], done.stderr


def test_a_word_like_no_command_is_told_without_a_guess() -> None:
    done = subprocess.run(motjuste("zzz"), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.stderr.startswith("motjuste: error: No such command 'zzz'.\n")


# -- what a reviewer reads -------------------------------------------------------------------------------------------------


def test_each_language_says_the_same() -> None:
    french, english = words("fr").tables, words("en").tables
    assert set(french) == set(english)
    for name in set(french) - {"reasons"}:
        assert set(french[name]) == set(english[name]), name
        for key, text in french[name].items():
            told, other = (
                {f for _, f, _, _ in Formatter().parse(t) if f} for t in (text, english[name][key])
            )
            assert told == other, f"{name}.{key}"
    for action in ("dismiss", "tolerate"):
        assert words("en").reasons(action, "sante") and words("fr").reasons(action, "sante")
    assert words("zz") == words("fr"), "a pack in another language is reviewed in French"


HEAD = "id,note_digest,decision,reason,until,new_text\n"
SHEETS = (
    HEAD + "x,d,accept\n1,d,nope\n2,d,dismiss\n3,d,tolerate,r,soon\n4,d,tolerate,r,2020-01-01\n5,d,accept,,,words\n6,d,mask\n6,d,mask\n",
    "id,x\n",
    'id,note_digest,decision\n"a',
)  # fmt: skip


def test_each_sentence_of_the_code_has_its_french() -> None:
    """Why a note cannot be read or changed, and why a decision was not kept: French in a French pack, as it was in an English one."""
    statuses = ("gone", "corrected", "redacted", "own", "open", "accepted", "dismissed", "tolerated")
    said = [
        Kept(0, None, status, who).refused
        for status in statuses
        for who in ("", "alice")
        if who or status != "own"
    ]
    said += [
        findings.COLUMN_GONE,
        findings.DELETED,
        findings.CHANGED_OR_DELETED,
        findings.CHANGED,
        findings.LONG_KEY,
    ]
    said += ["dpo may not read crm.client: ask its owner: grant select on crm.client to dpo"]
    # what is wrong with a sheet
    said += [
        "already accepté by alice; --redo replaces it",
        "its note has a passage that is to stay; --redo erases it",
    ]
    wrong = [what for text in SHEETS for _, what in sheet.read(text, date(2026, 12, 1)).problems]
    held = {
        n: Finding("t", "c", "", {"id": 1}, "d" if n > 1 else "x", "r", "sante", "block", 0, 1, id=n)
        for n in (1, 2, 3)
    }
    rows = [sheet.Row(n + 1, n, "d", Answer(key)) for n, key in enumerate("aaxa")]
    wrong += [what for _, what in sheet.checked(rows, held)]
    assert len(wrong) == 12, wrong
    said += wrong
    for name in ("note_column.sql", "may_decide.sql"):
        found = re.findall(r"then\s+(?:format\()?'([^']+)'", assets.query(name))
        constants = [text for text in found if " " in text]
        assert constants
        said += [text.replace("%%s", "text[]") for text in constants]
    for text in said:
        assert words("en").of(text) == text
        assert words("fr").of(text) != text, text
    assert "alice" in words("fr").of("accepted meanwhile by alice, and left so")
    assert words("fr").of("constat inconnu") == "constat inconnu"
