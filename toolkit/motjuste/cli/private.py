"""Files that only their owner may read: decisions and migrations name rows."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from motjuste.errors import ConfigError


def read(path: Path, *, missing: str | None = None) -> str:
    """The text of a file; `missing`, where given, if there is none. Raises ConfigError where it cannot be read."""
    try:
        # bytes: reading as text would turn the line ends that a wording holds into others
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as exc:
        if missing is not None:
            return missing
        raise ConfigError(f"{path}: no such file", hint="check the path") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="give a file that can be read") from exc
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8", hint="restore the file as it was written") from exc


def write(path: Path, text: str) -> None:
    """Put the text in place of the file at once, with mode 0600: a crash leaves the old file or the new one."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
            Path(name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="choose a place that can be written") from exc


def output(path: Path | None, text: str) -> None:
    """Put the text in the file that a command was given, as `write` does, or on standard output."""
    if path is None:
        sys.stdout.buffer.write(text.encode("utf-8"))
    else:
        write(path, text)
        print(f"{path}: written", file=sys.stderr)
