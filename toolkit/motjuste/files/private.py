"""Opens every output. Files are readable by their owner only, because findings, decisions and migrations name rows.

Output to a device or a pipe goes straight there; a link is followed; `-` is standard output. A file is replaced only if nobody
changed it since we wrote it, or if the caller says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from motjuste.errors import ConfigError

Fill = Callable[[IO[bytes]], None]
STDOUT = Path("-")
KEPT = 1000  # marks of files that we wrote
_LINKS = 40  # as many as the kernel follows


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


class Target(NamedTuple):
    """The target of an output's name: an open descriptor, a device or a pipe, or a file."""

    path: Path
    descriptor: int | None = None
    device: bool = False

    @property
    def passing(self) -> bool:
        """Whether the output goes to a device, a pipe or a descriptor, and not to a file of ours."""
        return self.device or self.descriptor is not None


def target(path: Path) -> Target:
    """The target of this name, with links followed. Raises ConfigError if it cannot be found out, or if a link was planted."""
    if path == STDOUT:
        return Target(path, 1)
    try:
        at = path
        for _ in range(_LINKS):
            folder = Path(os.path.realpath(at.parent))
            if re.fullmatch(rf"/proc/(?:self|{os.getpid()})/fd", str(folder)) and at.name.isdecimal():
                return Target(path, int(at.name))  # /dev/stdout, /dev/fd/63
            if not at.is_symlink():
                break
            _refuse_planted(at, folder)
            at = folder / at.readlink()
        with suppress(FileNotFoundError):
            mode = at.stat().st_mode
            if stat.S_ISDIR(mode):
                raise ConfigError(f"{path} is a folder", hint="name a file")
            if not stat.S_ISREG(mode):
                return Target(at, device=True)
    except OSError as exc:
        raise _refused(path, exc) from exc
    return Target(at)


def _refuse_planted(link: Path, folder: Path) -> None:
    """Refuse links of other users in folders that everybody may write to, as the Linux kernel does (protected_symlinks)."""
    place, owner = folder.stat(), link.lstat().st_uid
    shared = place.st_mode & stat.S_ISVTX and place.st_mode & stat.S_IWOTH
    if shared and owner not in (os.geteuid(), place.st_uid):
        raise ConfigError(f"{link} is a link that another user made", hint="name another file")


def _refused(path: Path, exc: OSError) -> ConfigError:
    return ConfigError(f"{path}: {exc.strerror}", hint="choose a place that can be written, with room")


def claim(path: Path, *, force: bool = False) -> Target:
    """The target of this name. Raises ConfigError if the output would replace a file that was changed since we wrote it."""
    found = target(path)
    if force or found.passing:
        return found
    try:
        there = found.path.stat()
    except FileNotFoundError:
        return found
    except OSError as exc:
        raise _refused(path, exc) from exc
    mark = _mark(found.path)
    with suppress(OSError):
        if not there.st_size or (mark and mark.read_text(encoding="ascii") == _state(there)):
            return found
    raise ConfigError(
        f"{path} is there already, and not as motjuste left it",
        hint="name another file; --force replaces this one",
    )


def _state(there: os.stat_result) -> str:
    # no digest of what it holds: short notes could be guessed from it
    return f"{there.st_ino} {there.st_size} {there.st_mtime_ns}"


def _mark(path: Path) -> Path | None:
    """The path of the record of how we left a file; None for an account without a home."""
    home, state = os.environ.get("HOME"), os.environ.get("XDG_STATE_HOME")
    folder = Path(state) if state else Path(home, ".local", "state") if home else None
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
    return folder and folder / "motjuste" / "written" / name


def _note(path: Path) -> None:
    """Record how we leave a file. If that fails, replacing it will need --force."""
    mark = _mark(path)
    if mark is None:
        return
    with suppress(OSError):
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=mark.parent, delete=False, encoding="ascii") as part:
            part.write(_state(path.stat()))
        Path(part.name).replace(mark)
        for old in sorted(mark.parent.iterdir(), key=lambda f: f.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)


def exposed(path: Path) -> bool:
    """Whether others than its owner may read or write a file; False where it is not there."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


class Untrusted(ConfigError):
    """A file that somebody else may have written."""


def trusted(path: Path) -> bytes:
    """What a file holds that nobody but us and root can have written. Raises as `opened` does."""
    with opened(path) as stream:
        return stream.read()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file, open to be read, that nobody but us and root can have written: neither it nor a folder or link on the way to it.

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
        yield stream


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


def write(path: Path, text: str, *, force: bool = False, shared: bool = False) -> None:
    """Put the text in place of the file at once: a crash leaves the old file or the new one.

    With mode 0600; `shared`, with the mode of the file that was there, or that of any new file.
    """
    with drafts(force=force, shared=shared) as draft:
        draft(path, [text])


@contextmanager
def drafts(
    *, force: bool = False, shared: bool = False
) -> Iterator[Callable[[Path, Iterable[str] | Fill], Path]]:
    """A function that writes a file's draft, with mode 0600, from pieces or by a function that fills it.

    All drafts take their place together, or none after an error. What goes to a device or a pipe goes at once.
    """
    made: list[tuple[Path, Path]] = []

    def draft(path: Path, content: Iterable[str] | Fill) -> Path:
        found = claim(path, force=force)
        try:
            if found.passing:
                with suppress(BrokenPipeError), _passing(found) as stream:  # nobody reads on
                    _fill(stream, content)
                return path
            handle, name = tempfile.mkstemp(
                dir=found.path.parent, prefix=f".{found.path.name}."
            )  # made with mode 0600
            made.append((Path(name), found.path))
            with os.fdopen(handle, "wb") as stream:
                _fill(stream, content)
                if shared:
                    os.fchmod(handle, _mode(found.path))
                os.fsync(stream.fileno())
        except OSError as exc:
            raise _refused(path, exc) from exc
        return Path(name)

    try:
        yield draft
        for _, path in made:
            claim(path, force=force)  # it may have come, or been changed, while we wrote
        for name, path in made:
            name.replace(path)
            _note(path)
    finally:
        for name, _ in made:
            with suppress(FileNotFoundError):
                name.unlink()


def _fill(stream: IO[bytes], content: Iterable[str] | Fill) -> None:
    if callable(content):
        content(stream)
    else:
        for piece in content:
            stream.write(piece.encode("utf-8"))
    stream.flush()


def _mode(path: Path) -> int:
    with suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def _passing(found: Target) -> Iterator[IO[bytes]]:
    """A stream to a descriptor, a device or a pipe, which creates and truncates nothing."""
    if found.descriptor in (1, 2):
        ours = sys.stdout if found.descriptor == 1 else sys.stderr
        if ours is None:
            raise ConfigError("standard output is closed", hint="name a file")
        ours.flush()
        yield ours.buffer
        return
    if found.descriptor is not None:
        handle = os.dup(found.descriptor)
    else:
        handle = os.open(found.path, os.O_WRONLY | os.O_NOCTTY)
    with os.fdopen(handle, "wb") as stream:
        yield stream
