"""A server with the extension motjuste_kernel: built by `motjuste kernel build`, for the servers whose headers and compiler are here."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from motjuste import server

PATHS = 18  # from this version on a server looks for extensions in other folders than its own


class Extended(NamedTuple):
    """A running server and where it has the extension's files."""

    server: server.Server
    library: Path


def command(*args: str) -> subprocess.CompletedProcess[str]:
    """`motjuste kernel ...`, as a process."""
    return subprocess.run(
        [sys.executable, "-m", "motjuste", "kernel", *args], capture_output=True, text=True, check=False
    )


def _told(bin_dir: Path, option: str) -> str:
    done = subprocess.run([bin_dir / "pg_config", option], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def buildable() -> dict[str, Path]:
    """The servers for which the extension can be built here and that find it without our writing into their folders."""
    if not (shutil.which("cc") and shutil.which("make")):
        return {}
    return {
        name: folder
        for name, folder in server.bin_dirs().items()
        if (folder / "pg_config").exists()
        and int(_told(folder, "--version").split()[1].split(".")[0]) >= PATHS
        and Path(_told(folder, "--pgxs")).is_file()
    }


def built(binaries: Path, folder: Path) -> Path:
    """The extension in a folder, built once for all workers of a run."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = folder.with_suffix(".part")
            # relative paths, as they are typed
            typed = [os.path.relpath(path) for path in (binaries / "pg_config", part)]
            done = command("build", "--pg-config", typed[0], "--output", typed[1])
            assert done.returncode == 0, done.stderr
            part.rename(folder)
    return folder


@contextmanager
def extended(binaries: Path, made: Path, folder: Path, within: Path | None) -> Iterator[Extended]:
    """Such a server, in a folder of `within`, with what was built in a folder that everybody may read."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    paths = (
        "-c", rf"extension_control_path={folder}/share:\$system", "-c", rf"dynamic_library_path={folder}/lib:\$libdir",
    )  # fmt: skip
    with server.run(binaries, settings=(*server.THROW_AWAY, *paths), within=within) as running:
        yield Extended(running, folder / "lib" / "motjuste_kernel.so")
