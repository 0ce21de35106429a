"""`motjuste report` on a real database, and its page in a real browser. No note text anywhere."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

import browser
from motjuste.cli.main import motjuste
from motjuste.errors import MotjusteError

pytestmark = pytest.mark.first_server  # says nothing of a server's version

MARKER = "Zorglubine"
POLICY = """
[team]
relation = 'crm."Équipe"'
author = "login"
name = "agence"

[[exempt]]
column = "crm.produit.description"
reason = "texte de catalogue <b>sans</b> personne"
owner = "dpo@example.org"
until = 2026-12-31
"""


@pytest.fixture
def policy(installed: str, tmp_path: Path) -> Path:
    """A folder with a policy, and in the database three findings, a bypass and a failure."""
    (tmp_path / "motjuste.toml").write_text(POLICY, encoding="utf-8")
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("create schema crm")
        conn.execute("""create table crm."Équipe" (login text, agence text)""")
        conn.execute("""insert into crm."Équipe" values ('lea', 'Lyon <Nord>'), ('tom', 'Lille')""")
        conn.execute("create table crm.client (id int primary key, agent text, commentaire text)")
        conn.execute("create table crm.devis (id int primary key, commentaire text)")
        conn.execute("create table crm.produit (id int primary key, description text)")
        conn.execute("select motjuste.attach('crm.client', 'commentaire', author_column => 'agent')")
        conn.execute(
            f"""insert into crm.client values (1, 'lea', 'Client alcoolique {MARKER}'), (2, 'tom', 'gros con {MARKER}'),
            (3, 'zoe', 'Client dépressif {MARKER}'), (4, 'lea', 'Rappeler lundi {MARKER}')"""
        )
        conn.execute("update motjuste.finding set found_at = now() - interval '40 days' where author = 'lea'")
        conn.execute("update motjuste.finding set status = 'dismissed' where author = 'tom'")
        conn.execute(
            "insert into motjuste.bypass (relation, column_name, rows, reason) values ('crm.client', 'commentaire', 7, 'reprise'),"
            " ('crm.client', 'commentaire', 4, 'redaction x'), ('crm.client', 'commentaire', null, 'redaction x')"
        )
        conn.execute(
            "insert into motjuste.failure (relation, column_name, sqlstate) values ('crm.client', 'commentaire', '57014')"
        )
    return tmp_path


def report(dsn: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder; an error of ours counts as exit code 2, as in cli.main.run."""
    with contextlib.chdir(folder):
        ran = CliRunner().invoke(motjuste, ["report", *args], env={"MOTJUSTE_DSN": dsn})
    if isinstance(ran.exception, MotjusteError):
        said = f"{ran.stderr}{ran.exception.message}\n{ran.exception.hint}"
        return subprocess.CompletedProcess(args, 2, ran.stdout, said)
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return subprocess.CompletedProcess(args, ran.exit_code, ran.stdout, ran.stderr)


def test_the_json_says_what_the_database_holds(installed: str, policy: Path) -> None:
    done = report(installed, policy, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["standing"] == 2
    assert {x["name"]: x["total"] for x in found["by_category"]} == {"sante": 2, "injure": 1}
    assert {x["name"]: x["total"] for x in found["by_team"]} == {"Lyon <Nord>": 1, "Lille": 1}
    assert [c["column"] for c in found["coverage"]["columns"]] == ["crm.client.commentaire"]
    assert found["coverage"]["share_read"] == 0.0  # never scanned
    assert [u["column"] for u in found["coverage"]["undecided"]] == ["crm.devis.commentaire"]
    assert [a["findings"] for a in found["ages"]] == [1, 0, 1, 0, 0]
    assert [f["false"] for f in found["false_alarms"]] == [1]
    assert sorted((b["what"], b["rows"]) for b in found["bypasses"]) == [
        ("redaction x", None),
        ("reprise", 7),
    ]
    assert [f["what"] for f in found["failures"]] == ["57014"]
    assert MARKER not in done.stdout + done.stderr


def test_who_can_read_a_column_is_told(installed: str, policy: Path) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("drop role if exists guichet, stagiaire, regie")
        conn.execute("create role guichet; create role stagiaire in role guichet; create role regie login")
        conn.execute("grant usage on schema crm to guichet, stagiaire, regie")
        conn.execute("grant select on crm.client to guichet")
        conn.execute("grant select (id) on crm.client to stagiaire")
        conn.execute("grant select (commentaire) on crm.client to regie")
        try:
            found = json.loads(report(installed, policy, "--format", "json").stdout)
        finally:
            conn.execute("drop owned by guichet, stagiaire, regie; drop role guichet, stagiaire, regie")
    assert found["readers"] == [
        {
            "column": "crm.client.commentaire",
            "roles": [
                {"role": "guichet", "via": "granted", "login": False},
                {"role": "postgres", "via": "owner", "login": True},
                {"role": "regie", "via": "granted", "login": True},
                {"role": "stagiaire", "via": "member of guichet", "login": False},
            ],
        }
    ]


def test_requests_that_are_late_fail_a_monitor_and_name_nobody(installed: str, policy: Path) -> None:
    """Also for an officer's role, who may not see whose requests they are."""
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("drop role if exists dpo; create role dpo login")
        conn.execute("select motjuste.grant_reader('dpo'); grant usage on schema crm to dpo")
        conn.execute("""grant select on crm."Équipe" to dpo""")
        conn.execute(
            """insert into motjuste.request (subjects, received, due)
            values ('[{"table": "crm.client", "key": {"id": 471100471}}]', current_date - 27, current_date + 4)"""
        )
        try:
            officer = installed.replace("user=postgres", "user=dpo")
            soon = report(
                officer, policy, "--format", "json", "--fail-on", "overdue>0", "--fail-on", "due<7d"
            )
            assert (soon.returncode, soon.stderr) == (1, "motjuste: due<7d: this is so\n")
            assert [r["days_left"] for r in json.loads(soon.stdout)["requests"]] == [4]
            conn.execute("update motjuste.request set due = current_date - 1")
            late = report(officer, policy, "--fail-on", "overdue>0")
            assert late.returncode == 1
            assert "à répondre, en retard" in late.stdout
            assert "471100471" not in soon.stdout + late.stdout
            conn.execute("update motjuste.request set answered_at = now(), complete = true")
            assert report(officer, policy, "--fail-on", "overdue>0", "--fail-on", "due<7d").returncode == 0
        finally:
            conn.execute("drop owned by dpo; drop role dpo; delete from motjuste.reader_role")


def test_a_watched_column_is_not_undecided_whatever_its_name(installed: str, tmp_path: Path) -> None:
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.execute("""create table "Bloc;Note" (id int primary key, "Commentaire du client" text)""")
        conn.execute("""select motjuste.attach('"Bloc;Note"', 'Commentaire du client')""")
    found = json.loads(report(installed, tmp_path, "--format", "json").stdout)["coverage"]
    assert [c["column"] for c in found["columns"]] == ['public."Bloc;Note".Commentaire du client']
    assert found["undecided"] == []


def test_a_monitor_fails_on_a_condition_and_says_which(installed: str, policy: Path) -> None:
    done = report(installed, policy, "--format", "json", "--fail-on", "open>30d", "--fail-on", "open>60d")
    assert done.returncode == 1
    assert "open>30d" in done.stderr
    assert "open>60d" not in done.stderr
    wrong = report(installed, policy, "--fail-on", "often")
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_the_page_is_whole_private_and_fit_to_be_read(installed: str, policy: Path, chromium: Any) -> None:
    page = policy / "rapport.html"
    done = report(installed, policy, "--output", str(page))
    assert done.returncode == 0, done.stderr
    html = page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == 0o600
    assert MARKER not in html + done.stderr
    assert "Lyon &lt;Nord&gt;" in html
    assert "&lt;b&gt;sans&lt;/b&gt;" in html
    assert re.search(r"(?:src|href)=.?(?:https?:)?//", html) is None
    assert html.count("<svg") == html.count('role="img"') >= 4
    assert html.count("<table>") >= html.count("<svg")  # the figures of a chart are also in a table
    browser.assert_fit(chromium, page)


def test_an_empty_base_and_a_base_without_motjuste(dsn: str, installed: str, tmp_path: Path) -> None:
    page = tmp_path / "rapport.html"
    assert report(installed, tmp_path, "--output", str(page)).returncode == 0
    assert "Aucune colonne n’est surveillée" in page.read_text(encoding="utf-8")
    # an earlier report is compared with; another file is none
    (tmp_path / "avant.json").write_text(
        report(installed, tmp_path, "--format", "json").stdout, encoding="utf-8"
    )
    since = report(installed, tmp_path, "--compare", "avant.json")
    assert since.returncode == 0 and "Comparé au rapport précédent" in since.stdout
    wrong = report(installed, tmp_path, "--compare", "rapport.html")
    assert wrong.returncode == 2 and "rapport.html is no report" in wrong.stderr
    done = report(dsn, tmp_path)
    assert done.returncode == 2
    assert "motjuste is not installed" in done.stderr


def test_a_team_table_that_does_not_exist_is_named(installed: str, tmp_path: Path) -> None:
    (tmp_path / "motjuste.toml").write_text(
        '[team]\nrelation = "crm.gone"\nauthor = "a"\nname = "b"\n', encoding="utf-8"
    )
    done = report(installed, tmp_path)
    assert done.returncode == 2
    assert "crm.gone" in done.stderr


# -- the schedules of OPERATIONS.md --------------------------------------------------------------------------------------

SCHEDULES = (
    (Path(__file__).parents[1] / "OPERATIONS.md")
    .read_text(encoding="utf-8")
    .split("**On a schedule**")[1]
    .split("\n## ")[0]
)
FIELD = r"(?:\*|\d+(?:-\d+)?)(?:/\d+)?"  # of a crontab: * 7 1-5 */3
BIN = Path(sys.executable).parent  # where motjuste is, as /opt/motjuste/bin in OPERATIONS.md
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", SCHEDULES, re.S | re.M)
    return [text for name, text in found if name == language]


def run_as_a_daemon(command: str, folder: Path, dsn: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """By a shell without a terminal and with nothing in its environment but a home, whose service file names the database.

    And the cache of the tests, without which each run would compile the pack.
    """
    pairs = dict(pair.split("=") for pair in dsn.split())
    (folder / ".pg_service.conf").write_text("[crm]\n" + "".join(f"{k}={v}\n" for k, v in pairs.items()))
    line = command.replace("/opt/motjuste/bin", str(BIN)).replace("/var/lib/motjuste", str(folder))
    return subprocess.run(
        ["sh", "-c", line.replace("/etc/motjuste", str(folder))],
        env={"HOME": str(folder), "SHELL": "/bin/sh", "XDG_CACHE_HOME": CACHE, **environ},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True, timeout=120,
    )  # fmt: skip


def test_the_crontab_runs_as_cron_runs_it(installed: str, policy: Path) -> None:
    """Findings stand, some for 40 days, and no request was made: the exit codes say so."""
    (crontab,) = blocks("")
    environ: dict[str, str] = {}
    codes = {}
    for line in crontab.splitlines():
        if re.fullmatch(r"[A-Z]+=\S+", line):
            name, value = line.split("=")
            environ[name] = value.replace("/opt/motjuste/bin", str(BIN))
        else:
            job = re.fullmatch(rf"{FIELD} +{FIELD} +{FIELD} +{FIELD} +{FIELD} +(.+)", line)
            assert job, line
            assert re.search(r"(?<!\\)%", job[1]) is None  # cron would end the line there
            ran = run_as_a_daemon(job[1].replace(r"\%", "%"), policy, installed, **environ)
            codes[job[1].split("&& motjuste ")[1].split(" ")[0]] = ran.returncode
            assert MARKER not in ran.stdout + ran.stderr
    assert codes == {"scan": 1, "sample": 0, "report": 1, "access": 0}
    assert list(policy.glob("rapport-20*.html"))
    assert list(policy.glob("tirage-20*.csv"))


def test_the_systemd_units_are_sound_and_run(installed: str, policy: Path) -> None:
    service, timer = blocks("ini")
    (policy / "motjuste-report.service").write_text(
        service.replace("/opt/motjuste/bin", str(BIN)).replace("/etc/motjuste", str(policy))
    )
    (policy / "motjuste-report.timer").write_text(timer)
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, policy.glob("motjuste-report.*"))],
            capture_output=True, text=True,
        )  # fmt: skip
        assert (checked.returncode, checked.stderr) == (0, "")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(service)
    assert "%" not in unit["Service"]["ExecStart"]  # a specifier to systemd
    name, value = unit["Service"]["Environment"].split("=")
    run = f"cd {unit['Service']['WorkingDirectory']} && exec {unit['Service']['ExecStart']}"
    ran = run_as_a_daemon(run, policy, installed, **{name: value})
    assert (ran.returncode, "open>30d: this is so" in ran.stderr, "due<7d" in ran.stderr) == (1, True, False)


def test_the_statement_for_pg_cron_warns(installed: str, policy: Path) -> None:
    (sql,) = blocks("sql")
    [(schedule, body)] = re.findall(
        r"^select cron\.schedule\('[\w-]+', '([^']+)', \$job\$\n(.*?)\$job\$\);$", sql, re.S | re.M
    )
    assert re.fullmatch(rf"{FIELD} {FIELD} {FIELD} {FIELD} {FIELD}", schedule)
    notices: list[str] = []
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.add_notice_handler(lambda n: notices.append(n.message_primary or ""))
        conn.execute(body.encode())
        conn.execute("insert into motjuste.request (subjects, received, due) values ('[]', current_date - 27, current_date + 4)")  # fmt: skip
        conn.execute(body.encode())
    old = "motjuste: findings stand for more than 30 days"
    assert notices == [old, old, "motjuste: requests for access are due within 7 days"]
