"""Files that only their owner may read: findings, decisions and migrations name rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from motjuste.errors import ConfigError

Fill = Callable[[IO[bytes]], None]


def read(path: Path, *, missing: str | None = None) -> str:
    """The text of a file; `missing`, where given, if there is none. Raises ConfigError where it cannot be read."""
    try:
        # by its bytes: reading as text would turn the line ends that a wording holds into others
        return "".join(lines(path))
    except ConfigError as exc:
        if missing is not None and isinstance(exc.__cause__, FileNotFoundError):
            return missing
        raise


def lines(path: Path) -> Iterator[str]:
    """The lines of a file, one at a time, with their line feed. Raises ConfigError where it cannot be read."""
    number = 1
    try:
        with path.open("rb") as stream:
            for line in stream:
                yield line.decode("utf-8")
                number += 1
    except FileNotFoundError as exc:
        raise ConfigError(f"{path}: no such file", hint="check the path") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="give a file that can be read") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(
            f"{path}:{number}: not UTF-8",
            hint="restore the file as it was written; a spreadsheet calls it CSV UTF-8",
        ) from exc


def write(path: Path, text: str) -> None:
    """Put the text in place of the file at once, with mode 0600: a crash leaves the old file or the new one."""
    with drafts() as draft:
        draft(path, [text])


@contextmanager
def drafts() -> Iterator[Callable[[Path, Iterable[str] | Fill], Path]]:
    """A function that writes a file's draft, with mode 0600, from pieces or by a function that fills it.

    All drafts take their place together, or none after an error.
    """
    made: list[tuple[Path, Path]] = []

    def draft(path: Path, content: Iterable[str] | Fill) -> Path:
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
            made.append((Path(name), path))
            with os.fdopen(handle, "wb") as stream:
                if callable(content):
                    content(stream)
                else:
                    for piece in content:
                        stream.write(piece.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as exc:
            raise ConfigError(
                f"{path}: {exc.strerror}", hint="choose a place that can be written, with room"
            ) from exc
        return Path(name)

    try:
        yield draft
        for name, path in made:
            name.replace(path)
    finally:
        for name, _ in made:
            with suppress(FileNotFoundError):
                name.unlink()
