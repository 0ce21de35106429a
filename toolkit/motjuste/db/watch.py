"""What a statement of a checked file may cost on the server: time and disk, watched from another session."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from motjuste.db.connection import Connection, session
from motjuste.errors import DatabaseError, MotjusteError
from motjuste.printable import name as printable

STATEMENT_SECONDS = 60.0  # for one statement
FILE_SECONDS = 600.0  # for all statements of a file
DISK = 2**30  # bytes of the database made for a check
EVERY = 0.25  # seconds between two looks


class Watcher:
    """Ends the session of a statement that takes too long or fills the disk; a timeout in the session could be set to none."""

    def __init__(self, conn: Connection, admin: str) -> None:
        self._pid = conn.info.backend_pid
        self._database = conn.info.dbname
        self._admin = admin
        self._began = time.monotonic()
        self._since: float | None = None
        self._over = threading.Event()
        self._why = ""
        self._lock = threading.Lock()

    @contextmanager
    def at(self, file: str, line: int) -> Iterator[None]:
        """The block runs a statement of this file. Raises DatabaseError where it was ended."""
        with self._lock:
            self._since = time.monotonic()
        place = f"{printable(file)}:{line}"
        try:
            yield
        except (psycopg.Error, MotjusteError) as exc:
            if self._why:
                raise DatabaseError(
                    f"{place}: not checked: {self._why}", hint="a migration needs no such thing: look at it"
                ) from exc
            if isinstance(exc, MotjusteError):
                raise DatabaseError(f"{place}: not checked: {exc.message}", hint=exc.hint) from exc
            raise
        finally:
            with self._lock:
                self._since = None

    def run(self) -> None:
        """Look now and then, until the file is done."""
        with session(self._admin, trust_owner=True) as conn:  # nothing of a schema motjuste is used
            while not self._over.wait(EVERY):
                with self._lock:
                    now = time.monotonic()
                    if self._since is None:
                        continue
                    size = conn.execute(
                        "select pg_catalog.pg_database_size(%s::name)", [self._database]
                    ).fetchone()
                    if now - self._since > STATEMENT_SECONDS:
                        self._why = f"it ran for more than {STATEMENT_SECONDS:.0f} seconds"
                    elif now - self._began > FILE_SECONDS:
                        self._why = f"the file ran for more than {FILE_SECONDS:.0f} seconds"
                    elif size and int(size[0]) > DISK:
                        self._why = f"it wrote more than {DISK // 2**20} MiB"
                    if self._why:
                        conn.execute("select pg_catalog.pg_terminate_backend(%s)", [self._pid])
                        return

    def stop(self) -> None:
        """The file is done."""
        self._over.set()


@contextmanager
def watched(conn: Connection, admin: str) -> Iterator[Watcher]:
    """What watches the session `conn`, out of one of `admin`."""
    watcher = Watcher(conn, admin)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        thread.join()
