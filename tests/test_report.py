"""The report's formats: each is read back by what reads it, and hostile names stay text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from motjuste import report
from motjuste.report import FORMATS, Problem, Report, RuleInfo

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

# The parts of the SARIF 2.1.0 schema (OASIS) that the report uses, as strict as it is there.
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~!$&'()*+,;=:@/%-]+$"}
                    },
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                },
            },
        }
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "additionalProperties": False,
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "informationUri": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": MESSAGE,
                                                "help": MESSAGE,
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": -1},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": MESSAGE,
                                "locations": {"type": "array", "uniqueItems": True, "items": LOCATION},
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("which", [REPORT, EMPTY], ids=["problems", "none"])
def test_sarif(which: Report) -> None:
    made = json.loads(report.render(which, "sarif"))
    jsonschema.validate(made, SARIF)
    [run] = made["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_junit_counts_what_it_holds_and_keeps_names_as_text() -> None:
    suites = ElementTree.fromstring(report.render(REPORT, "junit"))
    [suite] = suites
    assert suite.get("tests") == str(len(suite)) == "4"
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == "2"
    first = suite[0]
    assert (first.get("file"), first.get("line")) == ("db/a b,é.sql", "3")
    assert "<c>&" in (first[0].text or "")
    assert [c.get("name") for c in suite if not len(c)] == ["weakened-mode: A mode"]


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
