"""The rules of the check, each on its cases of tests/check/rules."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from motjuste.cli.main import motjuste
from motjuste.schema_check import rules

FOLDER = Path(__file__).parent / "check" / "rules"
CASES = [
    pytest.param(file.stem, case, id=f"{file.stem}: {case['name']}")
    for file in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


def found_by(rule: str, case: dict[str, Any], folder: Path) -> list[str]:
    """`file:line subject` of what a rule finds in a case."""
    folder.joinpath("motjuste.toml").write_text(case.get("policy", "").lstrip(), encoding="utf-8")
    # TOML takes the first line break off: put back, a line of a case is a line of the file
    files = case.get("files") or [["1.sql", "\n" + case["sql"]]]
    for name, text in files:
        path = folder / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(motjuste, ["check", "db", "--format", "json"])
    assert done.exit_code in (0, 1), done.output
    problems = json.loads(done.stdout)["problems"]
    assert all(p["help"] for p in problems)
    return [
        f"{p['path'].removeprefix('db/')}:{p['line']} {p['subject']}" for p in problems if p["rule"] == rule
    ]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_cases(rule: str, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sorted(found_by(rule, case, tmp_path)) == sorted(case["found"])


def test_each_rule_has_cases_that_find_and_cases_that_do_not() -> None:
    for rule in rules.ALL:
        cases = [p.values[1] for p in CASES if p.values[0] == rule.id]
        assert any(c["found"] for c in cases), rule.id  # type: ignore[index]
        assert any(not c["found"] for c in cases), rule.id  # type: ignore[index]


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda r: r.id)
def test_each_rule_has_its_page(rule: rules.Rule) -> None:
    done = CliRunner().invoke(motjuste, ["check", "--explain", rule.id])
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{rule.id}\n\n{rule.info.title}")
    assert "Bad:" in done.stdout
    assert "Better:" in done.stdout
    assert rule.id in CliRunner().invoke(motjuste, ["check", "--explain", "all"]).stdout
