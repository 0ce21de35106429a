"""`motjuste kernel`: the extension motjuste_kernel, built and put where a server looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from motjuste import assets, printable
from motjuste.cli.common import say
from motjuste.errors import MotjusteError

LIBRARY = "motjuste_kernel.so"
SCRIPTS = ("motjuste_kernel.control", "motjuste_kernel--1.sql")
SOURCES = ("Makefile", "kernel.c", "kernel.h", "characters.h", "postgres.c", *SCRIPTS)
OLDEST = 15

pg_config_option = click.option(
    "--pg-config",
    "pg_config",
    default="pg_config",
    show_default=True,
    metavar="PATH",
    help="The pg_config of the server that is to have it.",
)
output_option = click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Put it into FOLDER/lib and FOLDER/share/extension, and not where the server's other extensions are.",
)


class Server(NamedTuple):
    """What pg_config says: the version, and where libraries and the scripts of extensions are."""

    pg_config: str
    version: str
    libraries: Path
    extensions: Path

    def place(self, name: str) -> Path:
        """Where a file of the extension goes."""
        return (self.libraries if name == LIBRARY else self.extensions) / name


@click.group()
def kernel() -> None:
    """The checks in C, for a server whose files are yours: the extension motjuste_kernel, for PostgreSQL 15 to 18.

    It is optional: without it the same checks run in SQL, more slowly. Once its files are on the server, a superuser creates
    it in the database, and `motjuste install` uses it: `motjuste status` says which executor reads the notes of each column.

    \b
    Example: motjuste kernel files --pg-config /usr/lib/postgresql/17/bin/pg_config
             motjuste kernel build --pg-config /usr/lib/postgresql/17/bin/pg_config --dry-run
             psql -c "create extension motjuste_kernel" && motjuste install
    """


@kernel.command()
@pg_config_option
@output_option
def files(pg_config: str, folder: Path | None) -> None:
    """Say which files the extension has, where they go, and which of them are there. Changes nothing, compiles nothing.

    Exit code 0: all are there, the scripts as this motjuste has them; 1: some are not.

    \b
    Example: motjuste kernel files --pg-config /usr/lib/postgresql/17/bin/pg_config
    """
    server = _server(pg_config, folder)
    sys.exit(0 if _told(server) else 1)


@kernel.command()
@pg_config_option
@output_option
@click.option("--dry-run", is_flag=True, help="Only say what would go where.")
def build(pg_config: str, folder: Path | None, dry_run: bool) -> None:
    """Compile the extension for a server and put its files there. Needs make, a C compiler and the server's headers.

    It writes three files and no others, says where, and connects to no database. Running backends keep the library that they
    loaded: a new version serves new connections.

    \b
    Example: motjuste kernel build --pg-config /usr/lib/postgresql/17/bin/pg_config --dry-run
             motjuste kernel build --output /srv/motjuste    # PostgreSQL 18: extension_control_path, dynamic_library_path
    """
    server = _server(pg_config, folder)
    if dry_run:
        for name in (LIBRARY, *SCRIPTS):
            click.echo(f"would be written: {printable.name(str(server.place(name)))}")
        return
    with tempfile.TemporaryDirectory(prefix="motjuste-kernel-") as name:
        made = Path(name)
        for source in SOURCES:
            made.joinpath(source).write_bytes((assets.asset_dir("kernel") / source).read_bytes())
        _make(server, made)
        for file in (LIBRARY, *SCRIPTS):
            _put(made / file, server.place(file))
            click.echo(f"written: {printable.name(str(server.place(file)))}")
    if folder:
        say(f"PostgreSQL 18 finds it with extension_control_path = '{server.extensions.parent}:$system' and"
            f" dynamic_library_path = '{server.libraries}:$libdir'")  # fmt: skip
    say("next, as a superuser of the database: create extension motjuste_kernel; then: motjuste install")


def _server(pg_config: str, folder: Path | None) -> Server:
    """What pg_config says. Raises MotjusteError where there is none, or its server is too old."""
    if os.sep in pg_config:
        pg_config = str(Path(pg_config).absolute())  # make runs it in another folder
    folder = folder and folder.absolute()
    try:
        command = [pg_config, "--version", "--pkglibdir", "--sharedir"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise MotjusteError(
            f"{pg_config} cannot be run",
            hint="name the server's own: --pg-config /usr/lib/postgresql/17/bin/pg_config (Debian: apt install postgresql-server-dev-17)",
        ) from exc
    version, libraries, shared = done.stdout.splitlines()
    number = "".join(c if c.isdigit() else " " for c in version).split()
    if not number or int(number[0]) < OLDEST:
        raise MotjusteError(
            f"{version}: motjuste_kernel is for PostgreSQL {OLDEST} and later",
            hint="motjuste install works without it",
        )
    if folder:
        return Server(pg_config, version, folder / "lib", folder / "share" / "extension")
    return Server(pg_config, version, Path(libraries), Path(shared, "extension"))


def _told(server: Server) -> bool:
    """Print where each file goes and whether it is there; True where all are."""
    click.echo(f"for {server.version}:")
    well = True
    for name in (LIBRARY, *SCRIPTS):
        place = server.place(name)
        state = "missing"
        if place.is_file():
            ours = name == LIBRARY or place.read_bytes() == (assets.asset_dir("kernel") / name).read_bytes()
            state = "there" if ours else "of another version"
        well = well and state == "there"
        click.echo(f"  {printable.name(str(place))}: {state}")
    if not well:
        say("motjuste kernel build writes them")
    return well


def _make(server: Server, folder: Path) -> None:
    """Compile it in a folder that holds the sources. Raises MotjusteError where something is missing for that."""
    lacking = [tool for tool in ("make", "cc") if shutil.which(tool) is None]
    if lacking:
        raise MotjusteError(
            f"there is no {' and no '.join(lacking)} on this machine",
            hint="apt install build-essential, or build it on another machine of the same kind and copy the files that `motjuste kernel files` names",
        )
    pgxs = subprocess.run([server.pg_config, "--pgxs"], capture_output=True, text=True).stdout.strip()
    if not Path(pgxs).is_file():
        raise MotjusteError(
            f"{server.version} is here without what extensions are built with ({pgxs or 'pgxs.mk'})",
            hint="Debian: apt install postgresql-server-dev-17, of the server's version; Red Hat: postgresql17-devel",
        )
    command = [
        "make",
        "CC=cc",
        "with_llvm=no",
        f"PG_CONFIG={shutil.which(server.pg_config) or server.pg_config}",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise MotjusteError(
            f"the extension could not be compiled: {(told or ['make failed'])[0].strip()}",
            hint="`make` in the folder toolkit/kernel of motjuste's sources shows everything",
        )


def _put(made: Path, place: Path) -> None:
    """Replace a file in one step: a server that loads it sees the old one or the new one."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.part")
        shutil.copyfile(made, part)
        part.chmod(0o755 if place.suffix == ".so" else 0o644)
        part.replace(place)
    except OSError as exc:
        raise MotjusteError(
            f"{place} cannot be written: {exc.strerror}",
            hint="run it as the account that owns the server's files (root), or --output FOLDER and copy",
        ) from exc
