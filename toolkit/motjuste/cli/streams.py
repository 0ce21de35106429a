"""Handles standard streams that are closed, and pipes whose reader has ended: `motjuste lint <&-`, `motjuste rules list | head`."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO


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
