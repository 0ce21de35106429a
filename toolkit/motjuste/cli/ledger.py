"""The decisions file of a review whose database cannot be written: each decision goes to a journal at once, the file is written at the end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.migration import decisions
from motjuste.migration.decisions import NoteId
from motjuste.model import Decision


def journal_of(file: Path) -> Path:
    """The path of the journal of a decisions file."""
    return file.with_name(f".{file.name}.journal")


def refuse_unfinished(file: Path) -> None:
    """Raise ConfigError where a review was interrupted before its decisions were in the file."""
    if journal_of(file).exists():
        raise ConfigError(
            f"{file}: a review is going on, or was interrupted",
            hint="end it, or run `motjuste review` once more: it takes over what was decided",
        )


class Ledger:
    """The decisions of a file, by note. `put` adds one and keeps it safe in the journal."""

    def __init__(self, made: Iterable[Decision] = (), stream: IO[bytes] | None = None) -> None:
        self._made: dict[NoteId, Decision] = {}
        self._rows: dict[tuple[str, str, str, str], NoteId] = {}
        self._stream = stream
        for d in made:
            self._take(d)

    def of(self, note: NoteId) -> Decision | None:
        """What was decided of a note."""
        return self._made.get(note)

    def all(self) -> list[Decision]:
        """Every decision, in the order of the file."""
        return [d for _, d in sorted(self._made.items())]

    def put(self, made: Iterable[Decision]) -> None:
        """Add decisions, each in place of any on the same row; one without a verdict withdraws what was decided."""
        for d in made:
            self._take(d)
            if self._stream:
                self._stream.write(decisions.write([d]).encode("utf-8"))
        if self._stream:
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def _take(self, d: Decision) -> None:
        note = decisions.identity(d)
        if d.row_key:
            # the note of a row has changed since: what was decided of the old one is void
            self._made.pop(self._rows.pop(note[:4], note), None)
        self._made.pop(note, None)
        if d.verdicts:
            self._made[note] = d
            self._rows[note[:4]] = note


@contextmanager
def ledger(file: Path) -> Iterator[Ledger]:
    """The decisions of a file, for one reviewer at a time; written at the end, also of an interrupted review.

    Raises ConfigError where another review uses the file, or where a line of it is wrong.
    """
    if private.target(file).passing:
        raise ConfigError(f"{file} is no file", hint="decisions are read again: --decisions FILE")
    journal = journal_of(file)
    try:
        stream = os.fdopen(os.open(journal, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b")
    except OSError as exc:
        raise ConfigError(f"{journal}: {exc.strerror}", hint="review in a folder of your own") from exc
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise ConfigError(
                f"another review is writing to {file}", hint="each reviewer needs a file: --decisions FILE"
            ) from exc
        stream.seek(0)
        # a line cut off by a crash was never said to be safe
        left = stream.read().decode("utf-8", "replace").split("\n")[:-1]
        try:
            made = decisions.read(private.read(file, missing=""), str(file))
        except ConfigError:
            if not left:
                journal.unlink()
            raise
        found = Ledger([*made, *(d for _, d in decisions.parse(left, str(journal)))], stream)
        try:
            yield found
        finally:
            if found.all() or file.exists():
                private.write(file, decisions.write(found.all()), force=True)  # it holds what the file held
            journal.unlink()
