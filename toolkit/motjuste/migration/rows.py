"""The rows of a plan, put aside as they are read, so that a file is rendered from them and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from motjuste.migration.shape import Place, Row

PIECE = 1_000_000  # bytes read at a time


class Rows:
    """Rows in a stream, in the order in which they were added; read as often as wanted.

    JSON writes tabs and line breaks as escapes: a row is a line, its parts are separated by tabs.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._places: dict[Place, str] = {}

    def add(self, where: Place, row: Row) -> None:
        """Put a row aside."""
        number = self._places.setdefault(where, str(len(self._places)))
        self._stream.write("\t".join((number, *row, "\n")).encode("utf-8"))

    def __iter__(self) -> Iterator[tuple[Place, Row]]:
        places = list(self._places)
        at = 0
        while True:
            self._stream.seek(at)  # another reading may go on between two pieces of this one
            lines = self._stream.readlines(PIECE)
            if not lines:
                return
            for line in lines:
                at += len(line)
                number, key, before, after, edits, _ = line.decode("utf-8").split("\t")
                yield places[int(number)], Row(key, before, after, edits)
