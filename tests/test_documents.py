"""The documents: each console block is run and its output compared, each link leads somewhere, no command needs a package index."""

from __future__ import annotations

import datetime
import importlib.util
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from conftest import Cluster
from motjuste import __version__, server

pytestmark = (
    pytest.mark.first_server
)  # says nothing of a server's version, but for the roles of managed services

ROOT = Path(__file__).parents[1]
RUN = ("README.md", "OPERATIONS.md")
PAGES = (
    *RUN,
    "LISEZMOI.md",
    "COMMANDS.md",
    "OFFICER.fr.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
)
# an installation by name, which an index would answer with whatever has that name
INDEX = re.compile(r"pip install[^\n`]*?[\s'\"]motjuste(?:[\[\s'\"\]=]|$)", re.M)
# what a block needs to be there already: the migration that CI is shown with
THERE = {
    "rules/maison.toml": re.findall(
        r"^```toml\n(\[\[rule\]\]\n.*?)^```$",
        (ROOT / "OPERATIONS.md").read_text(encoding="utf-8"),
        re.S | re.M,
    )[0],
    "db/migrations/0042_notes.sql": "create schema crm;\ncreate table crm.client (id int primary key, nom text);\n"
    "alter table crm.client add column notes text;\n",
}


class Step(NamedTuple):
    """A command of a console block, its line, the number of its section, and what it prints; `...` is anything."""

    line: int
    section: int
    command: str
    output: str


def steps(name: str) -> list[Step]:
    """The commands of a document's console blocks, in order."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = []
    for block in re.finditer(r"^```console\n(.*?)^```$", text, re.S | re.M):
        line = text.count("\n", 0, block.start(1)) + 1
        section = len(re.findall(r"^## ", text[: block.start()], re.M))
        for part in re.split(r"^(?=\$ )", block[1], flags=re.M)[1:]:
            command, _, output = part.removeprefix("$ ").partition("\n")
            found.append(Step(line, section, command, output))
            line += part.count("\n")
    return found


def fits(expected: str, printed: str) -> bool:
    """Whether it was printed: spaces at the end of lines do not count, `...` is anything, dates and times are any."""
    whole = "\n".join(line.rstrip() for line in expected.strip().splitlines())
    pattern = re.escape(re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "<moment>", whole))
    pattern = pattern.replace(re.escape("..."), ".*").replace("<moment>", r"\d{4}-\d\d-\d\d \d\d:\d\d")
    told = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch(pattern, told, re.S) is not None


def test_what_fits() -> None:
    assert fits("a\n...\nd 2026-01-02 03:04\n", "a  \nb\nc\nd 2026-12-01 16:58\n\n")
    assert not fits("a\n...\nd", "a\nb\nc")
    assert not fits("a", "a\nb")
    assert not fits("", "motjuste: error: no")


@pytest.fixture
def environ(cluster: Cluster) -> Iterator[dict[str, str]]:
    """What a reader has: an empty database `crm`, `motjuste`, psql and pg_dump on the path."""
    cluster.create("C.UTF-8", name="crm")
    dsn = cluster.server.dsn("crm")
    place = conninfo_to_dict(dsn)
    binaries = next(iter(server.bin_dirs().values()))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MOTJUSTE_DSN"))}
    yield {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(binaries), os.environ["PATH"]]),
        "MOTJUSTE_DSN": dsn, "PGHOST": str(place["host"]), "PGPORT": str(place.get("port", 5432)), "PGUSER": str(place["user"]),
        "PGDATABASE": "crm", "MOTJUSTE_EXECUTOR": "reference",
    }  # fmt: skip
    with psycopg.connect(cluster.server.dsn(), autocommit=True) as conn:
        for made in ("crm", "crm_copie"):
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(made)))


@pytest.mark.parametrize("name", RUN)
def test_each_console_block_prints_what_it_says(name: str, environ: dict[str, str], tmp_path: Path) -> None:
    """Each section begins in a folder of its own; the database is one."""
    found = steps(name)
    assert len(found) > 5
    for step in found:
        folder = tmp_path / str(step.section)
        for path, content in THERE.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-c", step.command], cwd=folder, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert fits(step.output, done.stdout), f"{name}:{step.line}: $ {step.command}\n{done.stdout}"


def test_the_console_blocks_in_french_are_those_in_english() -> None:
    """So that they need not be run again."""
    english, french = ([(s.command, s.output) for s in steps(name)] for name in ("README.md", "LISEZMOI.md"))
    assert english == french


def test_readme_is_read_in_ten_minutes() -> None:
    for name in ("README.md", "LISEZMOI.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 200


def test_pictures_are_small_and_described() -> None:
    for name in ("README.md", "LISEZMOI.md"):
        found = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))
        assert found
        for said, path in found:
            content = (ROOT / path).read_bytes()
            assert content.startswith(b"\x89PNG") and len(content) < 150_000, path
            assert len(said.split()) > 8, "what the picture shows is said"


def anchors(text: str) -> set[str]:
    """The names by which GitHub links the headings of a page."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        kept = (c for c in plain if c in " -_" or unicodedata.category(c)[0] in "LN")
        found.add("".join(kept).replace(" ", "-"))
    return found


@pytest.mark.parametrize("name", PAGES)
def test_each_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    bare = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", bare):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        page = ROOT / path if path else ROOT / name
        assert page.exists(), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(page.read_text(encoding="utf-8")), f"{name}: {target}"


@pytest.mark.parametrize("name", [*PAGES, "action.yml"])
def test_no_command_installs_what_is_not_published(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert INDEX.findall(text) == []


def test_no_message_names_a_package_that_is_not_published() -> None:
    sources = [*(ROOT / "toolkit/motjuste").rglob("*.py"), *(ROOT / "toolkit/motjuste").rglob("*.html")]
    assert [str(path) for path in sources if INDEX.search(path.read_text(encoding="utf-8"))] == []


def test_the_version_is_one() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert version is not None and version[1] == __version__
    operations = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8")
    pinned = set(re.findall(r"motjuste@([\w.]+)|rev: (\S+)", operations))
    assert {tag or rev for tag, rev in pinned} in ({"main"}, {f"v{__version__}"})  # a tag once it is there
    assert (
        re.findall(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[0]
        == __version__
    )


def bench_runs() -> ModuleType:
    """The script of `make bench`."""
    spec = importlib.util.spec_from_file_location(
        "write_benchmarks", ROOT / "tests/bench/write_benchmarks.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_make_bench_runs_scripts_that_are_there_with_options_that_they_have() -> None:
    for run in bench_runs().RUNS:
        source = (ROOT / "tests/bench" / run.script).read_text(encoding="utf-8")
        assert all(f'"{option}"' in source for option in run.arguments if option.startswith("--")), run


def test_a_page_of_benchmarks_names_the_day_and_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_runs()
    script = tmp_path / "bench_one.py"
    script.write_text("print('COPY of', __file__, 'ratio 3.5')", encoding="utf-8")
    monkeypatch.setattr(bench, "HERE", tmp_path)
    run = bench.Run("What does it cost?", "bench_one.py")
    told, code = bench.measured(run)
    assert (told, code) == ("COPY of bench_one.py ratio 3.5", 0)
    text = bench.page([(run, told, 1.0)], "0.1", datetime.date(2026, 12, 1))
    assert "on 2026-12-01" in text and "## What does it cost?" in text and str(tmp_path) not in text
    script.write_text("raise SystemExit(3)", encoding="utf-8")
    assert bench.measured(run) == ("failed with exit code 3", 3)


def test_the_table_of_services_says_what_was_read() -> None:
    """Each fact of a vendor has the number of its page, or says that none was read; each page is named once."""
    section = (
        (ROOT / "OPERATIONS.md").read_text(encoding="utf-8").split("## Managed services")[1].split("\n## ")[0]
    )
    told, _, pages = section.partition("### Pages that were read")
    rows = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith("| service")]
    assert len(rows) == 8
    used = {number for row in rows for number in re.findall(r"\[(\d+)\]", row)}
    assert used == set(re.findall(r"\[(\d+)\]", pages)) and len(used) >= 8
    for row in rows:
        _, _, role, _, cron, poolers, _ = row.split("|")
        for fact in (role, cron, poolers):
            assert re.search(r"\[\d+\]|not read", fact), row


# -- managed services ----------------------------------------------------------------------------------------------------

# What the role of a console may: no superuser ever. It makes roles, and owns the database; or only the latter; or the database is
# owned by the service's role of administrators (azure_pg_admin, cloudsqlsuperuser, neon_superuser), of which it is a member
CONSOLES = {
    "makes roles": ("createrole createdb", ""),
    "owns the database": ("nocreaterole nocreatedb", ""),
    "one of the administrators": ("createrole createdb", "createrole createdb bypassrls"),
}


@pytest.mark.parametrize(("rights", "group"), CONSOLES.values(), ids=list(CONSOLES))
def test_the_steps_for_managed_services(
    rights: str, group: str, environ: dict[str, str], cluster: Cluster, tmp_path: Path, few_shipped: Path
) -> None:
    text = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8").split("## Managed services")[1]
    (script,) = re.findall(r"^```sql\n(.*?)^```$", text.split("\n## ")[0], re.S | re.M)
    makes_roles = rights.startswith("createrole")
    with psycopg.connect(cluster.server.dsn(), autocommit=True) as conn:
        conn.execute(f"create role console login nosuperuser {rights}".encode())
        if group:
            conn.execute(f"create role service_admins nologin nosuperuser {group}".encode())
            conn.execute("grant pg_monitor, pg_read_all_data, pg_write_all_data to service_admins")
            conn.execute("grant service_admins to console")
        conn.execute(f"alter database crm owner to {'service_admins' if group else 'console'}".encode())
    try:
        dsn = cluster.server.dsn("crm", "console")
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(
                "create schema crm; create table crm.client (id int primary key, nom text, commentaire text)"
            )
            if makes_roles:
                conn.execute(script.encode())
        as_role = ["--as", "motjuste_owner"] if makes_roles else []
        theirs = environ | {"MOTJUSTE_DSN": dsn, "PYTHONPATH": str(few_shipped)}
        (tmp_path / "motjuste.toml").write_text(
            '[[watch]]\nrelation = "crm.client"\ncolumn = "commentaire"\nmode = "block"\n', encoding="utf-8"
        )
        for arguments, code in ((["install", *as_role], 0), (["scan", "--allow-empty"], 0), (["status"], 0)):
            done = subprocess.run(
                ["motjuste", *arguments], cwd=tmp_path, env=theirs, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == code, done.stdout
        with psycopg.connect(dsn, autocommit=True) as conn:
            found = conn.execute(
                "select pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace where nspname = 'motjuste'"
            ).fetchone()
            assert found == ("motjuste_owner" if makes_roles else "console",)
            with pytest.raises(psycopg.DatabaseError) as refused:
                conn.execute("insert into crm.client values (1, 'Roy', 'Client alcoolique.')")
            assert refused.value.sqlstate == "MJ001"
    finally:
        with psycopg.connect(cluster.server.dsn("crm"), autocommit=True) as conn:
            conn.execute("reassign owned by console to current_user; drop owned by console")
            if makes_roles:
                conn.execute("reassign owned by motjuste_owner to current_user; drop owned by motjuste_owner")
                conn.execute("drop role motjuste_owner")
            if group:
                conn.execute("reassign owned by service_admins to current_user; drop role service_admins")
            conn.execute("drop role console")
