"""Originals kept for a while: encrypted to a public key (age, https://age-encryption.org/v1), line by line, never whole in memory.

The first line says of what and until when, the others hold a note each, the last one how many. Only the holder of the
private key reads them. Anybody may encrypt to a public key: so each line begins with its code (HMAC-SHA-256, RFC 2104)
under the secret key of the database, over the number of this escrow, that of the line, and all that stands in the line.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import IO, Any

from motjuste.errors import ConfigError, MotjusteError
from motjuste.model import Decision
from motjuste.printable import name as printable

# no note holds a NUL: no digest of a note is a key or a code of an escrow
PURPOSE = b"motjuste\0escrow\0"
LONGEST = 2**30  # bytes of a line: a value of PostgreSQL is shorter
_LINE = re.compile(rb"([0-9a-f]{64}) (\{.*\})", re.DOTALL)
_NUMBER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Original:
    """A note as it was before its redaction, and the digest of what took its place."""

    relation: str
    column: str
    json_key: str
    row_key: dict[str, Any]
    note: str
    digest_after: str

    @classmethod
    def of(cls, d: Decision, note: str) -> Original:
        """The original of a decision's note."""
        return cls(d.relation, d.column, d.json_key, d.row_key, note, d.digest_after)


@dataclass(frozen=True)
class Kept:
    """What an escrow says of itself: of which plan, until when, of which database (`key_check`)."""

    name: str
    until: date
    key_check: str


def _age() -> ModuleType:
    try:
        import pyrage
    except ImportError as exc:
        raise MotjusteError(
            "an escrow needs pyrage", hint="in a clone of motjuste: pip install '.[escrow]'"
        ) from exc
    return pyrage  # type: ignore[no-any-return]


def recipient(text: str) -> Any:
    """The public key that a person gave: age1... or ssh-ed25519/ssh-rsa. Raises ConfigError where it is none."""
    age = _age()
    kind = age.ssh if text.startswith("ssh-") else age.x25519
    try:
        return kind.Recipient.from_str(text.strip())
    except age.RecipientError as exc:
        raise ConfigError(
            "--escrow wants the public key of an age identity",
            hint="age-keygen -o key.txt prints it: age1...",
        ) from exc


def identities(text: str) -> list[Any]:
    """The private keys of an identity file (age-keygen's, or an SSH key). Raises ConfigError where there is none."""
    age = _age()
    try:
        if text.startswith("-----BEGIN"):
            return [age.ssh.Identity.from_buffer(text.encode())]
        keys = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        found = [age.x25519.Identity.from_str(key) for key in keys]
    except age.IdentityError as exc:
        raise ConfigError(
            "the identity file holds no age identity", hint="give the file that age-keygen wrote"
        ) from exc
    if not found:
        raise ConfigError(
            "the identity file holds no age identity", hint="give the file that age-keygen wrote"
        )
    return found


class _Codes:
    """The codes of one escrow's lines: of another escrow, or under another key, they differ."""

    def __init__(self, key: bytes, number: str) -> None:
        self._key = hmac.digest(key, PURPOSE + number.encode("ascii"), "sha256")

    def of(self, line: int, body: bytes) -> bytes:
        """The code of a line, the first of which has the number 0."""
        return hmac.digest(self._key, line.to_bytes(8, "big") + body, "sha256").hex().encode("ascii")


class _Lines:
    """What the cipher reads: lines, made as they are wanted."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._held = b""
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._held:
                self._held = next(self._lines, "").encode("utf-8")
                if not self._held:
                    return b""
        except BaseException as exc:
            self.error = exc
            raise
        part, self._held = self._held[:size], self._held[size:]
        return part


class _Out:
    """What the cipher writes to; it says nothing of an error of ours, so that the error is kept."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def write(self, part: bytes) -> int:
        try:
            self._write(bytes(part))
        except BaseException as exc:
            self.error = exc
            raise
        return len(part)

    def flush(self) -> None:
        return None


def seal(kept: Kept, originals: Iterable[Original], to: Any, key: bytes, stream: IO[bytes]) -> None:
    """Encrypt the originals to the public key `to`, each line bound to the database by its secret `key`.

    Raises what reading or writing raises; then the file is worth nothing.
    """
    number = secrets.token_hex(16)
    codes = _Codes(key, number)

    def records() -> Iterator[dict[str, Any]]:
        count = 0
        yield {
            "name": kept.name,
            "until": kept.until.isoformat(),
            "key_check": kept.key_check,
            "number": number,
        }
        for o in originals:
            count += 1
            yield vars(o)
        yield {"notes": count}

    def lines() -> Iterator[str]:
        for n, record in enumerate(records()):
            body = json.dumps(record, ensure_ascii=False, sort_keys=True)
            yield f"{codes.of(n, body.encode('utf-8')).decode('ascii')} {body}\n"

    source, out = _Lines(lines()), _Out(stream.write)
    try:
        _age().encrypt_io(source, out, [to])
    finally:
        for error in (source.error, out.error):
            if error is not None:
                raise error


def unseal(
    stream: IO[bytes],
    keys: list[Any],
    key_of: Callable[[Kept], bytes],
    take: Callable[[Kept, Original | None], None],
) -> None:
    """Give `take` what the escrow says of itself, then each original with it, as soon as its line is proven.

    `keys` are the private keys; `key_of` gives the secret key of the database, or raises where the escrow is of another one.
    Raises ConfigError where the escrow cannot be read, or a line was forged, altered, moved or left out: what `take` was
    given before is then worth nothing.
    """
    reader = _Reader(key_of, take)
    age = _age()
    out = _Out(reader.feed)
    try:
        age.decrypt_io(stream, out, keys)
    except (age.DecryptError, OSError) as exc:
        if out.error is None:
            raise ConfigError(
                "the escrow cannot be decrypted: it is none, is damaged, or is for another key",
                hint="give the private key of the public one that was given to --escrow",
            ) from exc
    if out.error is not None:
        raise out.error
    reader.end()


class _Reader:
    """Cuts what was decrypted into lines, and believes none whose code is not that of this database."""

    def __init__(
        self, key_of: Callable[[Kept], bytes], take: Callable[[Kept, Original | None], None]
    ) -> None:
        self._key_of, self._take = key_of, take
        self._held: list[bytes] = []
        self._size = 0
        self._line = 0
        self._notes = -1  # what the last line says; -1 before it
        self._codes: _Codes | None = None
        self.kept: Kept | None = None

    def feed(self, part: bytes) -> None:
        while True:
            piece, ended, part = part.partition(b"\n")
            self._held.append(piece)
            self._size += len(piece)
            if self._size > LONGEST:
                raise _refused(self._line, "it is longer than a note can be")
            if not ended:
                return
            whole = b"".join(self._held)
            self._held, self._size = [], 0
            self.one(whole)
            self._line += 1

    def one(self, raw: bytes) -> None:
        """Read one line."""
        found = _LINE.fullmatch(raw)
        if found is None:
            raise _refused(self._line, "it has no code")
        code, body = found.groups()
        if self._notes >= 0:
            raise _refused(self._line, "it stands after the end")
        try:
            record = json.loads(body, parse_float=str)
            if self._codes is None:
                self.begin(record, code, body)
                return
            made = None if set(record) == {"notes"} else Original(**record)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _refused(self._line, "it is none of ours") from None
        self.prove(code, body, made)
        if made is None:
            self._notes = int(record["notes"])
        elif self.kept:
            self._take(self.kept, made)

    def begin(self, record: dict[str, Any], code: bytes, body: bytes) -> None:
        """Read the first line."""
        if not _NUMBER.fullmatch(record["number"]):
            raise ValueError
        self.kept = Kept(record["name"], date.fromisoformat(record["until"]), record["key_check"])
        self._codes = _Codes(self._key_of(self.kept), record["number"])
        self.prove(code, body, None)
        self._take(self.kept, None)

    def prove(self, code: bytes, body: bytes, made: Original | None) -> None:
        """Raise ConfigError where a line was not written by this database, here."""
        if self._codes is None or not hmac.compare_digest(code, self._codes.of(self._line, body)):
            row = json.dumps(made.row_key) if made else ""
            of = f" ({printable(f'{made.relation}.{made.column} {row}')[:200]})" if made else ""
            raise _refused(self._line, f"its code is not that of this database{of}")

    def end(self) -> None:
        """Raise ConfigError where lines are missing."""
        if self.kept is None:
            raise ConfigError("the escrow is empty", hint="give one that migrate plan wrote")
        if self._held != [b""] or self._notes < 0 or self._notes != self._line - 2:
            raise _refused(self._line, "the escrow ends before its last line")


def _refused(line: int, why: str) -> ConfigError:
    return ConfigError(
        f"line {line + 1} of the escrow was forged, altered or moved: {why}; nothing was restored",
        hint="take the file that migrate plan wrote out of your backup; somebody with the public key may have made this one",
    )
