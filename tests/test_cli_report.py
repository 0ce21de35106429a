"""`motjuste report` on a real database, and its page in a real browser. No note text anywhere."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

import browser
from motjuste.cli.main import motjuste
from motjuste.errors import MotjusteError

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
            values ('[{"table": "crm.client", "key": {"id": 4711}}]', current_date - 27, current_date + 4)"""
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
            assert "4711" not in soon.stdout + late.stdout
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


def test_the_page_is_whole_private_and_fit_to_be_read(installed: str, policy: Path) -> None:
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
    browser.assert_fit(page)


def test_an_empty_base_and_a_base_without_motjuste(dsn: str, installed: str, tmp_path: Path) -> None:
    page = tmp_path / "rapport.html"
    assert report(installed, tmp_path, "--output", str(page)).returncode == 0
    assert "Aucune colonne n’est surveillée" in page.read_text(encoding="utf-8")
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


README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_schedules_of_the_readme_run_without_a_terminal(installed: str, policy: Path) -> None:
    """The lines for cron, by a shell without a terminal as cron's; the statement for pg_cron, as it would run it."""
    jobs = re.findall(
        r"^[\d*]+ [\d*]+ [\d*]+ [\d*]+ [\d*] +cd \S+ && PGSERVICE=crm (motjuste .+)$", README, re.M
    )
    assert len(jobs) == 2
    environ = {
        **os.environ,
        "MOTJUSTE_DSN": installed,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for job in jobs:
        line = job.replace(r"\%", "%").replace("/var/lib/motjuste", str(policy))
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=policy,
            env=environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 1, done.stderr  # findings; findings of 40 days
    assert list(policy.glob("rapport-20*.html"))
    [body] = re.findall(r"cron\.schedule\('[\w-]+', '[^']+', \$job\$\n(.*?)\$job\$", README, re.S)
    notices: list[str] = []
    with psycopg.connect(installed, autocommit=True) as conn:
        conn.add_notice_handler(lambda n: notices.append(n.message_primary or ""))
        conn.execute(body.encode())
    assert notices == ["motjuste: findings stand for more than 30 days"]


def test_the_systemd_units_of_the_readme_are_well_formed() -> None:
    service, timer = re.findall(r"```ini\n(.*?)```", README, re.S)
    assert "Type=oneshot" in service
    assert "ExecStart=motjuste report" in service
    assert "OnCalendar=monthly" in timer
