"""The GitHub action, the GitLab job and the pre-commit hook, run as their services run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from test_check_inputs import git

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load(ROOT.joinpath("action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load(ROOT.joinpath(".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
FOUND = "create table client (id int primary key, commentaire text);\n"
MORE = "alter table client add column remarque text;\n"
CLEAN = "create table client (id int primary key, code varchar(5));\n"


def readme(language: str, holding: str) -> Any:
    """The example of OPERATIONS.md that holds a word."""
    text = ROOT.joinpath("OPERATIONS.md").read_text(encoding="utf-8")
    [block] = [b for b in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) if holding in b]
    return yaml.safe_load(block)


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does: bash with -eo pipefail, `motjuste` on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
    )


def action(folder: Path, **given: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The step that checks, with these inputs, and the summary that it wrote."""
    [step] = [s for s in ACTION["runs"]["steps"] if s.get("name") == "Check"]
    assert step["shell"] == "bash"
    values = {
        name: given.get(name.replace("-", "_"), spec["default"]) for name, spec in ACTION["inputs"].items()
    }
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], text)
        for name, text in step["env"].items()
    }
    summary = folder.parent / f"{folder.name}-summary.md"
    summary.write_text("", encoding="utf-8")
    done = bash(
        step["run"], folder, **environment, GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true", CI="true"
    )
    return done, summary.read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one migration on main."""
    folder = tmp_path / "project"
    folder.joinpath("db", "migrations").mkdir(parents=True)
    folder.joinpath("db", "migrations", "1.sql").write_text(FOUND, encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return folder


def test_the_action_annotates_and_sums_up(project: Path) -> None:
    done, summary = action(project, paths="db/migrations")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "::error file=db/migrations/1.sql,line=1,col=42,endColumn=57,title=uncovered-column::nobody watches "
    )
    assert "public.client.commentaire" in summary
    project.joinpath("db", "migrations", "1.sql").write_text(CLEAN, encoding="utf-8")
    done, summary = action(project, paths="db/migrations")
    assert (done.returncode, done.stdout) == (0, "")
    assert r"0 error\(s\)" in summary


def test_the_action_judges_what_a_change_adds(project: Path) -> None:
    project.joinpath("db", "migrations", "2.sql").write_text(MORE, encoding="utf-8")
    done, _ = action(project, paths="db/migrations", git_diff="main")
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("::error file=db/migrations/2.sql,line=1,")


def test_the_action_runs_nothing_of_its_inputs(project: Path) -> None:
    done, _ = action(
        project, paths="db/migrations $(touch pwned) ;touch pwned", arguments="`touch pwned` --strict"
    )
    assert done.returncode == 2
    assert not project.joinpath("pwned").exists()


def test_the_actions_install_step_takes_this_repository() -> None:
    [step] = [s for s in ACTION["runs"]["steps"] if s.get("name") == "Install motjuste"]
    assert step["env"] == {"ACTION_PATH": "${{ github.action_path }}"}
    done = bash(
        step["run"].replace("pip install", "pip install --dry-run --no-deps --no-build-isolation"),
        ROOT,
        ACTION_PATH=str(ROOT),
    )
    assert done.returncode == 0, done.stderr


def test_the_gitlab_job_leaves_its_report(project: Path) -> None:
    job = readme("yaml", "gl-code-quality-report")["motjuste"]
    assert job["artifacts"]["when"] == "always"
    report = job["artifacts"]["reports"]["codequality"]
    done = bash("\n".join(job["script"]), project)
    assert done.returncode == 1
    [problem] = json.loads(project.joinpath(report).read_text(encoding="utf-8"))
    assert problem["location"] == {"path": "db/migrations/1.sql", "lines": {"begin": 1}}
    project.joinpath("db", "migrations", "1.sql").write_text(CLEAN, encoding="utf-8")
    assert bash("\n".join(job["script"]), project).returncode == 0
    assert json.loads(project.joinpath(report).read_text(encoding="utf-8")) == []


def pre_commit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit with a home of its own."""
    command = f"{sys.executable} -m pre_commit {' '.join(arguments)}"
    return bash(command, folder, PRE_COMMIT_HOME=str(folder.parent / "home"), PRE_COMMIT_COLOR="never")


def test_the_hook_stops_a_commit(project: Path) -> None:
    assert pre_commit(project, "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")).returncode == 0
    # as the service runs it, but in the environment at hand: making one of its own takes minutes
    [hook] = HOOKS
    local = {**hook, "language": "system", "args": readme("yaml", "pre-commit-config")[0]["hooks"][0]["args"]}
    local["args"] = [a.replace("origin/main", "main") for a in local["args"]]
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    project.joinpath(".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    project.joinpath("motjuste.toml").write_text('migrations = ["db/migrations"]\n', encoding="utf-8")
    project.joinpath("notes.md").write_text("x\n", encoding="utf-8")
    git(project, "add", "notes.md", ".pre-commit-config.yaml")
    assert "Skipped" in pre_commit(project, "run").stdout
    project.joinpath("db", "migrations", "2.sql").write_text(MORE, encoding="utf-8")
    git(project, "add", ".")
    done = pre_commit(project, "run")
    assert done.returncode == 1
    assert "db/migrations/2.sql:1: uncovered-column: nobody watches public.client.remarque" in done.stdout
    assert "motjuste.attach('public.client', 'remarque', 'flag')" in done.stdout
    project.joinpath("db", "migrations", "2.sql").write_text(
        "alter table client add column age int;\n", encoding="utf-8"
    )
    git(project, "add", ".")
    done = pre_commit(project, "run")
    assert done.returncode == 0, done.stdout
