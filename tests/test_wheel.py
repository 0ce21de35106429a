"""The wheel holds every file of sql/, rules/ and migrations/ and the program of the rules; the package reads them from where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest

from motjuste import assets
from motjuste.cli.building import SOURCES as EXTENSION_SOURCES

pytestmark = pytest.mark.early  # all on one worker, which builds the wheel once

ROOT = Path(__file__).parents[1]
KERNEL = "_kernel.abi3.so"
FOLDERS = ("sql", "rules", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("motjuste-*.whl")
    return zipfile.ZipFile(path)


def files(folder: Path) -> dict[str, bytes]:
    """Name -> content of what git would hold of a folder."""
    found = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(folder.parent).as_posix(): p.read_bytes() for p in found}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_asset_is_in_the_wheel(wheel: zipfile.ZipFile, folder: str) -> None:
    expected = files(ROOT / folder)
    assert expected
    prefix = f"motjuste/{folder}/"
    assert {n.removeprefix("motjuste/") for n in wheel.namelist() if n.startswith(prefix)} == set(expected)
    assert all(wheel.read(f"motjuste/{name}") == content for name, content in expected.items())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    package = (n.removeprefix("toolkit/") for n in files(ROOT / "toolkit"))
    expected = {n for n in package if n.startswith("motjuste/") and n != f"motjuste/{KERNEL}"}
    held = {n for n in wheel.namelist() if not n.startswith("motjuste-")}
    built = {"motjuste/built/fr.program", "motjuste/built/fr.rows", f"motjuste/{KERNEL}"}
    # what `motjuste kernel build` needs, and no more of that folder
    built |= {f"motjuste/kernel/{name}" for name in (*EXTENSION_SOURCES, "README.md", "Dockerfile")}
    assert built <= held
    assert held - {f"motjuste/{n}" for f in FOLDERS for n in files(ROOT / f)} - built == expected
    assert "motjuste/py.typed" in held


def test_the_wheel_finds_by_the_program_that_it_holds(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Nothing is compiled where it is installed, and nothing is kept in a cache."""
    assert wheel.read("motjuste/built/fr.program") == bytes(assets.shipped_program().content)
    wheel.extractall(tmp_path / "site")
    script = (
        "from motjuste import assets; import sys\n"
        "found = [m.rule for m in assets.matcher().find('Client alcoolique.')]\n"
        "print(assets.__file__, *found, *(m for m in sys.modules if m in ('motjuste.rulepack.rules', 'motjuste.rulepack.compile')))"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 0, done.stderr
    place, *rest = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path) and len(rest) == 1
    assert not (tmp_path / "cache").exists()


@pytest.mark.first_server
def test_no_command_compiles_what_the_wheel_holds(wheel: zipfile.ZipFile, dsn: str, tmp_path: Path) -> None:
    """Install, status, scan, review, plan and report of a new user read the program and its tables: no cache is made."""
    wheel.extractall(tmp_path / "site")
    work = tmp_path / "work"
    work.mkdir()
    (work / "motjuste.toml").write_text('[[watch]]\nrelation = "t.note"\ncolumn = "body"\n', encoding="utf-8")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("create schema t create table note (id int primary key, body text)")
        conn.execute("insert into t.note values (1, 'Client alcoolique, rappeler lundi.')")
    environment = {
        **os.environ,
        "MOTJUSTE_DSN": dsn,
        "PYTHONPATH": str(tmp_path / "site"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    for code, command in (
        (0, "install"), (1, "status"), (1, "scan"), (0, "review --accept-all"), (0, "migrate plan --output plan"),
        (0, "report --format json --output report.json"),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "motjuste", *command.split()],
            env=environment, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, (command, done.stdout, done.stderr)
        assert "altered" not in done.stdout + done.stderr
        assert not (tmp_path / "cache").exists(), command


def test_no_python_in_the_data_folders() -> None:
    assert [n for f in FOLDERS for n in files(ROOT / f) if n.endswith(".py")] == []


def test_each_data_folder_says_how_to_add_to_it() -> None:
    assert all((ROOT / f / "README.md").is_file() for f in (*FOLDERS, "tests"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_package_under_test_reads_these_assets(folder: str) -> None:
    installed = Path(str(assets.asset_dir(folder)))
    assert files(installed) == files(ROOT / folder)
