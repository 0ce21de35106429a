"""What a change adds, as git knows it: the lines of each file, and files as they were."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from motjuste.errors import ConfigError

_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPED = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_PLAIN = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


@dataclass
class Changes:
    """File -> the lines that were added, and the files that git does not hold yet; `base` is what they are added to."""

    base: str
    lines: dict[str, set[int]] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    root: Path = field(default_factory=Path)

    def touches(self, path: str, first: int, last: int) -> bool:
        """Whether one of the lines of a file is new."""
        name = _absolute(path)
        added = self.lines.get(name, set())
        return name in self.new or any(first <= n <= max(last, first) for n in added)

    def before(self, path: str) -> str | None:
        """The text of a file at the base; None where it was not there or was no text."""
        try:
            name = Path(_absolute(path)).relative_to(self.root).as_posix()
        except ValueError:
            return None
        done = _git("show", f"{self.base}:{name}", check=False, folder=self.root)
        if done is None:
            return None
        try:
            return done.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            return None


def _absolute(path: str) -> str:
    return Path(path).resolve().as_posix()


def _git(*arguments: str, check: bool = True, folder: Path | None = None) -> bytes | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, cwd=folder)  # noqa: S607
    except FileNotFoundError as exc:
        raise ConfigError("git is not installed", hint="install git, or check without --git-diff") from exc
    if done.returncode:
        if not check:
            return None
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = next((x for x in lines if x.startswith("fatal")), lines[0] if lines else "it failed")
        hint = "fetch the revision first: git fetch origin main; in CI with full history (fetch-depth: 0)"
        if "not a git repository" in why:
            hint = "run it inside the repository, or without --git-diff"
        raise ConfigError(f"git {arguments[0]}: {why}", hint=hint)
    return done.stdout


def _unquoted(name: str) -> str:
    """A file's name out of git's quotes, in which it writes one that holds a control character, a quote or a backslash."""
    if name[:1] != '"':
        return name

    def one(m: re.Match[bytes]) -> bytes:
        return bytes([int(m[1], 8) if len(m[1]) == 3 else _PLAIN[m[1][0]]])

    return os.fsdecode(_ESCAPED.sub(one, os.fsencode(name[1:-1])))


def since(ref: str) -> Changes:
    """What the working tree adds to the point where it left `ref`. Raises ConfigError where git cannot say."""
    if ref.startswith("-"):
        raise ConfigError(f"{ref!r} is no revision", hint="--git-diff origin/main")
    root = Path((_git("rev-parse", "--show-toplevel") or b"").decode().strip())
    _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}") or b""
    base = (_git("merge-base", ref, "HEAD", check=False) or _git("rev-parse", ref) or b"").decode().strip()
    found = Changes(base, root=root)
    diff = (
        _git(
            "-c",
            "core.quotePath=false",
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--text",  # what .gitattributes calls binary would show no line
            "-M",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            base,
            folder=root,
        )
        or b""
    )
    current: set[int] = set()
    body = 0  # lines of a hunk that are still to come: whatever they look like, they are no heads
    for line in diff.decode("utf-8", "surrogateescape").split("\n"):
        if body and line[:1] in ("+", "-"):
            body -= 1
        elif line.startswith("+++ "):
            name = _unquoted(line[4:].rstrip("\t"))
            current = found.lines.setdefault((root / name.removeprefix("b/")).as_posix(), set())
        elif m := _HUNK.match(line):
            removed, first, count = int(m[1] or "1"), int(m[2]), int(m[3] or "1")
            body = removed + count
            current.update(range(first, first + count))
    for name in (
        (_git("ls-files", "--others", "--exclude-standard", "-z", folder=root) or b"")
        .decode("utf-8", "surrogateescape")
        .split("\0")
    ):
        if name:
            found.new.add((root / name).as_posix())
    return found
