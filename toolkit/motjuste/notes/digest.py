"""The keyed digest by which a finding knows its note. motjuste.digest in PostgreSQL returns the same."""

from __future__ import annotations

import hmac


def note_digest(key: bytes, note: str) -> bytes:
    """HMAC-SHA-256 (RFC 2104) of the note's UTF-8 bytes under the secret key: 32 bytes."""
    return hmac.digest(key, note.encode("utf-8"), "sha256")
