"""Handles standard streams: closed ones, pipes whose reader has ended (`motjuste rules list | head`), and the width of a terminal."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import textwrap
from contextlib import suppress
from typing import TextIO

COMMAND = re.compile(r"`[^`\n]+`|\bmotjuste [a-z][^,;:()`\n]*")
TIE = "\x1f"  # stands for a blank of a command while a line is broken


class _Output(io.FileIO):
    """A stream that drops the rest once its reader has ended: the command ends with its usual exit code."""

    cut = False

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            self.cut = True
            drop(self.fileno())
            return memoryview(data).nbytes  # type: ignore[arg-type]


def drop(descriptor: int) -> None:
    """Redirect a descriptor to /dev/null."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def settle() -> None:
    """Make the three standard streams usable, whatever the shell did with them.

    A closed stream is opened on /dev/null. Otherwise a file or a connection would get its descriptor, and our output.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = _wrapped(sys.stdout, 1)
    sys.stderr = _wrapped(sys.stderr, 2)


def _wrapped(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is not None and stream not in (sys.__stdout__, sys.__stderr__):
        return stream  # somebody listens in the process
    with suppress(OSError, ValueError):
        if stream is not None:
            stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(descriptor, "wb", closefd=False)),
        encoding=stream.encoding if stream else "utf-8",
        errors="backslashreplace",  # what a terminal's encoding lacks is no reason to stop
        line_buffering=stream.line_buffering if stream else True,
        write_through=stream.write_through if stream else False,
    )


def is_cut() -> bool:
    """Whether nobody reads standard output any more."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Output) and raw.cut


def width(stream: TextIO | None = None) -> int | None:
    """How many characters a line may have: those of the terminal, or COLUMNS; None where the output goes to a file or a pipe."""
    stream = stream or sys.stdout
    if os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    if not stream.isatty():
        return None
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or None
    return shutil.get_terminal_size().columns


def folded(text: str, stream: TextIO | None = None) -> str:
    """A message for a stream (standard output where none is given): on a terminal no line is longer than its width.

    Lines are broken between words, and go on set in. A command stays on one line where it fits, so that it can be copied whole.
    """
    most = width(stream)
    if most is None:
        return text
    shown = []
    for line in text.split("\n"):
        if len(line) <= most:
            shown.append(line)
            continue
        lead = line[: len(line) - len(line.lstrip())]
        tied = COMMAND.sub(lambda m: m[0] if len(m[0]) > most - 4 else m[0].replace(" ", TIE), line.lstrip())
        lines = textwrap.wrap(
            tied, max(most, 20), initial_indent=lead, subsequent_indent=lead + "  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
        shown += [line.replace(TIE, " ") for line in lines]
    return "\n".join(shown)
