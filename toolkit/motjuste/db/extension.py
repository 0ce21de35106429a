"""The program for the extension motjuste_kernel: its bytes in motjuste.program, where a database has the extension."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from motjuste import assets
from motjuste.db.connection import Connection, first_line
from motjuste.engine import kernel
from motjuste.engine.matcher import Matcher
from motjuste.engine.program import FORMAT

PIECE = 1 << 20  # bytes of the program in a row
ALIGNED = 8


class Image(NamedTuple):
    """The bytes that the kernel opens: the program, that of a user's own files, the settings; each padded."""

    content: bytes
    sizes: tuple[int, int, int]

    @property
    def digest(self) -> bytes:
        """The digest by which a backend knows whether it has opened this image."""
        return hashlib.sha256(self.content).digest()

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """The rows of motjuste.program."""
        for at in range(0, len(self.content), PIECE):
            yield at, self.content[at : at + PIECE]


def image(matcher: Matcher) -> Image:
    """The image with which the kernel returns the same findings as this matcher."""
    programs = [bytes(part.program.content) for part in matcher.parts]
    parts = (programs[0], programs[1] if len(programs) > 1 else b"", kernel.settings(matcher))
    content = b"".join(part + b"\0" * (-len(part) % ALIGNED) for part in parts)
    return Image(content, (len(parts[0]), len(parts[1]), len(parts[2])))


class Extension(NamedTuple):
    """Whether the checks of a database may run in C; `why` not."""

    usable: bool
    why: str = ""


ABSENT = Extension(False, "the extension motjuste_kernel is not in this database")


def available(conn: Connection) -> Extension:
    """Whether the database has the extension, in a version that reads the programs of this motjuste."""
    if conn.execute(assets.query("kernel_there.sql")).fetchone() is None:
        return ABSENT
    try:
        with conn.transaction():
            [(found,)] = conn.execute("select motjuste_kernel.format()").fetchall()
    except conn.Error as exc:
        if conn.closed:
            raise
        return Extension(
            False, f"the extension motjuste_kernel is there and cannot be used ({first_line(exc)})"
        )
    if found != FORMAT:
        return Extension(
            False, f"the extension motjuste_kernel reads programs of format {found}, this motjuste's are of {FORMAT}"
        )  # fmt: skip
    return Extension(True)


def store(conn: Connection, matcher: Matcher) -> bool:
    """Give the kernel the program of a matcher, or take it away where there is no kernel; True where that changed anything."""
    if not available(conn).usable:
        gone = [conn.execute(f"delete from motjuste.{table}").rowcount for table in ("kernel", "program")]
        return any(gone)
    wanted = image(matcher)
    if holds(conn, wanted):
        return False
    conn.execute("delete from motjuste.kernel")
    conn.execute("delete from motjuste.program")
    with conn.cursor().copy("copy motjuste.program (at, content) from stdin (format binary)") as stream:
        stream.set_types(["int4", "bytea"])
        for piece in wanted.pieces():
            stream.write_row(piece)
    conn.execute(
        "insert into motjuste.kernel (format, digest, program_size, own_size, settings_size) values (%s, %s, %s, %s, %s)",
        [FORMAT, wanted.digest, *wanted.sizes],
    )
    return True


def holds(conn: Connection, wanted: Image) -> bool:
    """Whether the database has this program, byte for byte."""
    told = conn.execute(
        "select format, digest, program_size, own_size, settings_size from motjuste.kernel"
    ).fetchall()
    if told != [(FORMAT, wanted.digest, *wanted.sizes)]:
        return False
    found = conn.execute("select p.at, sha256(p.content) from motjuste.program as p order by p.at").fetchall()
    return found == [(at, hashlib.sha256(content).digest()) for at, content in wanted.pieces()]


def altered(conn: Connection, matcher: Matcher) -> bool:
    """Whether the database has a program for the kernel, and another one than this matcher's."""
    there = conn.execute("select from motjuste.kernel union all select from motjuste.program limit 1")
    return there.rowcount > 0 and not holds(conn, image(matcher))
