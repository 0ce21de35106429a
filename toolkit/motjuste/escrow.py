"""Originals kept for a while: encrypted to a public key (age, https://age-encryption.org/v1), line by line, never whole in memory.

The first line says of what and until when, the others hold a note each. Only the holder of the private key reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import IO, Any

from motjuste.errors import ConfigError, MotjusteError
from motjuste.model import Decision


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
        raise MotjusteError("an escrow needs pyrage", hint="pip install 'motjuste[escrow]'") from exc
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


def seal(kept: Kept, originals: Iterable[Original], to: Any, stream: IO[bytes]) -> None:
    """Encrypt the originals to the public key `to`. Raises what reading or writing raises; then the file is worth nothing."""

    def lines() -> Iterator[str]:
        yield _line({"name": kept.name, "until": kept.until.isoformat(), "key_check": kept.key_check})
        for o in originals:
            yield _line(vars(o))

    source, out = _Lines(lines()), _Out(stream.write)
    try:
        _age().encrypt_io(source, out, [to])
    finally:
        for error in (source.error, out.error):
            if error is not None:
                raise error


def _line(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n"


def unseal(stream: IO[bytes], keys: list[Any], take: Callable[[Kept, Original | None], None]) -> None:
    """Give `take` what the escrow says of itself, then each original with it. Raises ConfigError where it cannot be read."""
    reader = _Reader(take)
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
    if reader.kept is None:
        raise ConfigError("the escrow is empty", hint="give one that migrate plan wrote")


class _Reader:
    """Cuts what was decrypted into lines."""

    def __init__(self, take: Callable[[Kept, Original | None], None]) -> None:
        self._take = take
        self._held = b""
        self.kept: Kept | None = None

    def feed(self, part: bytes) -> None:
        *lines, self._held = (self._held + part).split(b"\n")
        for line in lines:
            record = json.loads(line, parse_float=str)
            if self.kept is None:
                self.kept = Kept(record["name"], date.fromisoformat(record["until"]), record["key_check"])
                self._take(self.kept, None)
            else:
                self._take(self.kept, Original(**record))
