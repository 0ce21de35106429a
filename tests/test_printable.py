"""Whatever a table, a column or a file is called, no format of ours lets it act: in a terminal, a CI, Markdown, a new line."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from motjuste import printable
from motjuste.cli import main, metrics, table
from motjuste.cli.common import say
from motjuste.db.states import State
from motjuste.errors import MotjusteError
from motjuste.officer import report
from motjuste.officer.evidence import Queue
from motjuste.officer.report import FORMATS, Problem, Report, RuleInfo
from motjuste.scanning.scan import Place

ATTACKS = (
    "\n::stop-commands::x", "::error::x", "  ::add-mask::x", "\r::set-output name=a::b", "##vso[task.complete result=Succeeded;]",
    "##[error]x", "##teamcity[buildStatus status='SUCCESS']", "\x1b[2K\x1b[1A", "\x9b31m", "\u202e", "\u2066", "\u2028::warning::x",
    "section_start:0:a\r\x1b[0K", "section_end:0:a\r\x1b[0K", "\x85::debug::x", "](http://e.example)", "<img src=x onerror=y>",
    "`", "|", "\n| a | b |", "@everyone", "![x](http://e.example)", "\n\n# heading", "</details>", "*", "_x_", "\b\b", "\0",
    "https://e.example", "\U000e0041", "\ud800", "\u200b", "\ufffe", "\uffff",
)  # fmt: skip
names = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=5), min_size=1, max_size=4).map("".join)
RULE = RuleInfo("uncovered-column", "A column")


def assert_inert(text: str, *, commands: int = 0) -> None:
    """Nothing of a text acts on a terminal or on the runner of a CI, but so many commands that are our own."""
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]", text
    )
    lines = text.split("\n")
    assert sum(line.lstrip().startswith("::") for line in lines) == commands
    assert not re.search(r"##(\[|vso|teamcity)|section_(start|end):", text)


def of(name: str) -> Report:
    problem = Problem(RULE.id, "error", f"db/{name}", 3, f"nobody watches {name}", f"watch {name}", name)
    first = Problem(RULE.id, "warning", name, 1, name, f"{name}\n{name}", name)
    return Report("motjuste check", "1", [problem, first], {RULE.id: RULE}, [f"of {name}"], {"comment_like": [name]},
                  ("score", "column"), [("90", name)])  # fmt: skip


@settings(max_examples=400)
@given(names)
@pytest.mark.parametrize("form", FORMATS)
def test_a_report(form: str, name: str) -> None:
    made = report.render(of(name), form)
    assert_inert(made, commands=2 if form == "github" else 0)
    if form in ("json", "sarif", "gitlab"):
        read: Any = json.loads(made)
        assert read
    if form == "json":
        assert read["problems"][1]["path"] == name
        assert read["comment_like"] == [name]
    if form == "junit":
        assert len(ElementTree.fromstring(made)) == 2
    if form == "github":
        assert len(made.splitlines()) == 2
    if form == "text":
        assert made.split("\n")[0].startswith("db/")
    if form == "markdown":
        assert_plain_markdown(made)


def assert_plain_markdown(text: str) -> None:
    """Nothing that a name brought is a link, an image, a tag, a mention, a heading or a cell."""
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {5, 3}
    body = re.sub(r"`[^`]*`", "", re.sub(r"\\.", "", text))
    assert "](" not in body
    assert "`" not in body
    assert "@" not in body
    assert "://" not in body
    assert set(re.findall(r"</?\w+", body)) == {"<details", "<summary", "</summary", "</details"}
    assert [line for line in text.split("\n") if line.startswith("#")] == ["### motjuste check: 1 problem(s)"]


@settings(max_examples=300)
@given(names, names)
@pytest.mark.parametrize("form", table.FORMATS)
def test_a_table(form: str, first: str, second: str) -> None:
    import click

    @click.command()
    def show() -> None:
        table.show(["name", "other"], [[first, second]], form)

    out = CliRunner().invoke(show).output
    assert_inert(out)
    if form != "json":
        assert out.count("\n") == {"text": 2, "csv": 2, "markdown": 3}[form]
    else:
        assert json.loads(out) == [{"name": first, "other": second}]


@settings(max_examples=300)
@given(names)
def test_errors_and_messages(name: str) -> None:
    import click

    @click.command()
    def fail() -> None:
        main.show(MotjusteError(f"no table {name}", hint=f"name {name}"))
        say(f"{name}: left out")

    out = CliRunner().invoke(fail).output
    assert_inert(out)
    begins = [line for line in out.split("\n") if line and not line.startswith("  ")]
    assert begins[0].startswith("motjuste: error: no table ")
    assert begins[1].startswith("help: name ")
    assert len(begins) <= 3


@settings(max_examples=200)
@given(names)
def test_the_metrics(name: str) -> None:
    state = State(Place("crm.client", name, name), "flag", "installed", 0, None, "")
    made = metrics.text([state], {}, Queue(), well=True)
    assert_inert(made)
    assert len(made.splitlines()) == len(
        metrics.text([state._replace(place=Place("a", "b"))], {}, Queue(), well=True).splitlines()
    )
    assert all(
        re.fullmatch(r'# .*|\w+(?:\{column="(?:[^"\\]|\\.)*"\})? [0-9.]+', line)
        for line in made.split("\n")[:-1]
    )


@given(st.text())
def test_what_needs_no_care_stays(text: str) -> None:
    plain = "".join(c for c in text if c.isalnum() or c in " .,;-é'\"()/")
    assert printable.name(plain) == printable.lines(plain) == plain
    assert printable.name(printable.name(text)) == printable.name(text)
