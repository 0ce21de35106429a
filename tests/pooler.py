"""A pooler of PostgreSQL sessions, as PgBouncer is one: several clients share a session of the server, a transaction at a time."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WHOLE = b"QS"  # messages after which the server answers up to ReadyForQuery


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            raise ConnectionError
        found += piece
    return found


def _message(line: socket.socket) -> tuple[bytes, bytes]:
    """The kind of a message, and the whole of it."""
    head = _exactly(line, 5)
    return head[:1], head + _exactly(line, struct.unpack("!I", head[1:])[0] - 4)


class Pooler:
    """Listens in a folder and gives its clients one session of the server in turn: until the end of a transaction (`shared`), or
    of the client's own session."""

    def __init__(self, folder: Path, server: Path, *, shared: bool) -> None:
        self._server, self._shared = server, shared
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._session: socket.socket | None = None
        self._greeting = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        held = False
        with client, suppress(OSError):
            size = struct.unpack("!I", _exactly(client, 4))[0]
            begin = _exactly(client, size - 4)
            with self._opening:
                session = self._opened(begin)
            # a key of our own for BackendKeyData, as we cancel nothing
            key = b"K" + struct.pack("!III", 12, 1, 1)
            client.sendall(self._greeting + key + b"Z" + struct.pack("!I", 5) + b"I")
            try:
                while True:
                    kind, message = _message(client)
                    if kind == b"X":
                        return
                    if not held:
                        held = self._lock.acquire()
                    session.sendall(message)
                    if kind in WHOLE and self._answer(session, client) and self._shared:
                        self._lock.release()
                        held = False
            finally:
                if held:
                    self._lock.release()

    def _answer(self, session: socket.socket, client: socket.socket) -> bool:
        """Pass the server's answer on; whether no transaction is left open."""
        while True:
            kind, message = _message(session)
            client.sendall(message)
            if kind == b"Z":
                return message[-1:] == b"I"

    def _opened(self, begin: bytes) -> socket.socket:
        """The session of the server, opened by the first client's own greeting."""
        if self._session is None:
            self._session = socket.socket(socket.AF_UNIX)
            self._session.connect(str(self._server / ".s.PGSQL.5432"))
            self._session.sendall(struct.pack("!I", len(begin) + 4) + begin)
            while True:
                kind, message = _message(self._session)
                if kind == b"Z":
                    break
                if kind != b"K":
                    self._greeting += message
        return self._session

    def close(self) -> None:
        """Stop listening, and leave the server."""
        self._listener.close()
        if self._session is not None:
            self._session.close()


@contextmanager
def pooled(folder: Path, server: Path, *, shared: bool) -> Iterator[Path]:
    """The folder in which a pooler for the server in the folder `server` listens, until the block ends."""
    pooler = Pooler(folder, server, shared=shared)
    try:
        yield folder
    finally:
        pooler.close()
