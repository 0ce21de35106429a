"""The key of the digests in a file of its own, for a database that cannot hold it: mode 0600, 32 random bytes in hex."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from motjuste.errors import ConfigError

LENGTH = 32  # bytes


def read(path: Path) -> bytes:
    """The key of a file. Raises ConfigError where it cannot be read, others may read it, or it holds no key."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                f"{path} can be read by others",
                hint=f"chmod 600 {path}: who has the key can guess short notes",
            )
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        if len(key) != LENGTH:
            raise ValueError
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="name a key file that can be read") from exc
    except ValueError as exc:
        raise ConfigError(f"{path} holds no key", hint="restore it, or remove it and scan afresh") from exc
    return key


def read_or_make(path: Path) -> bytes:
    """The key of a file, made now where there is none."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read(path)
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="choose a folder that can be written") from exc
    key = secrets.token_bytes(LENGTH)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key.hex() + "\n")
    return key
