"""What the database keeps of the key of the digests, beside the key itself."""

from __future__ import annotations

MARK = "motjuste"  # a text whose digest tells by which key the findings were made
BLOCK = 64  # bytes of a block of SHA-256


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer pad of HMAC (RFC 2104) for a key of at most a block, as motjuste.secret keeps them."""
    padded = key.ljust(BLOCK, b"\0")
    return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)
