"""Files that only their owner may read: findings, decisions and migrations name rows."""

from __future__ import annotations

import os
import stat
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


def exposed(path: Path) -> bool:
    """Whether others than its owner may read or write a file; False where it is not there."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


class Untrusted(ConfigError):
    """A file that somebody else may have written."""


def trusted(path: Path) -> bytes:
    """What a file holds that nobody but us and root can have written: neither it nor a folder or link on the way to it.

    Raises Untrusted, saying why, where somebody else can; OSError where it cannot be read.
    """
    for step in _way(path.absolute().parent):
        found = step.lstat()
        # in a folder like /tmp, that others write to, the sticky bit keeps them from what is not theirs
        shared = stat.S_ISDIR(found.st_mode) and not found.st_mode & stat.S_ISVTX
        _refuse(step, found, writable=shared)
    # opened first and looked at then: between a look and a read it could be another file
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Untrusted(f"{path} is no plain file", hint="remove it")
        _refuse(path, found, writable=True)
        return stream.read()


def _refuse(step: Path, found: os.stat_result, *, writable: bool) -> None:
    if found.st_uid not in (0, os.geteuid()):
        raise Untrusted(f"{step} belongs to somebody else", hint="remove it, or choose another place")
    if writable and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Untrusted(f"{step} can be written by others", hint=f"chmod go-w {step}")


def _way(folder: Path, links: int = 40) -> Iterator[Path]:
    """The folders and symbolic links that lead to a folder, from the root on. Raises OSError where it is not there."""
    current = Path(folder.anchor)
    yield current
    for part in folder.parts[1:]:
        current = current.parent if part == ".." else current / part
        yield current
        if current.is_symlink():
            if not links:
                raise OSError("too many symbolic links")
            yield from _way(current.parent / current.readlink(), links - 1)
            current = current.resolve(strict=True)


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
