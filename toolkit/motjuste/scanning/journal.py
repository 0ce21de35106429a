"""The journal of a scan: a file that says which parts are read, so that a scan killed at any moment can continue.

One JSON object a line. The first says what is scanned; the others, in the order things happened: parts that were
planned, their outcomes, columns whose findings are stored. A part's line is written whole and synced before the next one;
a last line that a crash cut short is ignored. So nothing is lost and nothing is read twice. The journal holds no text of a note.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from motjuste.errors import ConfigError
from motjuste.model import Match
from motjuste.scanning.scan import TOO_LONG, Hit, Outcome, Part, Place, Scope, Skip, Source

FORMAT = 1


@dataclass(frozen=True)
class Head:
    """What is scanned: with which rules, in which database, what of it, and from which moment on.

    `database` is its name, `oid` its number; transactions older than `xid` were finished at the start, `snapshot` is the
    server's list of finished ones; `unrecorded` is the number of failed checks without a record of the row.
    """

    run: str
    started_at: str
    database: str
    oid: int
    pack: str
    sources: tuple[Source, ...]
    scope: Scope
    second: bool
    xid: int
    dry_run: bool = False
    snapshot: str = ""
    unrecorded: int = 0

    def asks(self, other: Head) -> bool:
        """Whether both scan the same, by the same rules, in the same database."""
        return _asked(self) == _asked(other)


def _asked(head: Head) -> tuple[object, ...]:
    return head.database, head.oid, head.pack, head.sources, head.scope, head.second, head.dry_run


class Journal:
    """The journal of one scan, open for writing; one process at a time."""

    def __init__(self, path: Path, head: Head) -> None:
        self.path, self.head = path, head
        self.parts: dict[int, Part] = {}
        self._highest = -1
        self.done: set[int] = set()
        self.skipped: set[int] = set()
        self.published: set[int] = set()
        self._findings: dict[int, int] = {}
        self._lines: dict[int, int] = {}  # part -> where what it gave starts in the file
        self._stream = _locked(path)

    @classmethod
    def start(cls, path: Path, head: Head) -> Journal:
        """A new journal in place of what was there. Raises ConfigError where it cannot be written, or is in use."""
        journal = cls(path, head)
        journal._stream.truncate(0)
        journal._write({"motjuste": FORMAT, **asdict(head)})
        return journal

    @classmethod
    def resume(cls, path: Path, *, torn: bool = False) -> Journal:
        """The journal that a scan left. Raises ConfigError where there is none, or one that cannot be read: `torn`, it is
        read as far as it can be."""
        head = read_head(path)
        if head is None:
            raise ConfigError(
                f"no scan to resume: {path} is not there",
                hint="run `motjuste scan` without --resume, or name the journal with --state",
            )
        journal = cls(path, head)
        end = 0
        for number, line in enumerate(journal._stream, 1):
            if not line.endswith(b"\n"):
                break
            try:
                journal._replay(json.loads(line), end)
            except (ValueError, KeyError, TypeError) as exc:
                if torn:
                    break
                journal.close()
                raise ConfigError(
                    f"{path} is damaged at line {number}", hint="motjuste scan --anew drops it"
                ) from exc
            end += len(line)
        journal._stream.truncate(end)
        journal._stream.seek(end)
        return journal

    def _replay(self, entry: dict[str, Any], at: int) -> None:
        if "parts" in entry:
            self._plan([Part(**p) for p in entry["parts"]])
        elif "part" in entry:
            self._add(entry, at)
        elif "published" in entry:
            self.published.add(entry["published"])
        elif "reset" in entry:
            self._forget(entry["reset"])

    def _plan(self, parts: list[Part]) -> None:
        for part in parts:
            self.parts[part.number] = part
            self._highest = max(self._highest, part.number)

    def _add(self, entry: dict[str, Any], at: int) -> None:
        self.done.add(entry["part"])
        self._lines[entry["part"]] = at
        self._findings[entry["part"]] = sum(len(found) for *_, found in entry["hits"])
        if any(s["state"] != TOO_LONG for s in entry["skips"]):
            self.skipped.add(entry["part"])

    def _forget(self, numbers: list[int]) -> None:
        for number in numbers:
            self.parts.pop(number, None)
            self.done.discard(number)
            self.skipped.discard(number)
            self._findings.pop(number, None)
            self._lines.pop(number, None)

    # -- writing -----------------------------------------------------------------------------------

    def plan(self, parts: Iterable[Part]) -> None:
        """Note parts that are to be read."""
        listed = list(parts)
        self._plan(listed)
        self._write({"parts": [asdict(p) for p in listed]})

    def add(self, outcome: Outcome) -> None:
        """Note the outcome of a part; once this returns, it is on disk."""
        entry = _outcome_to_json(outcome)
        at = self._stream.tell()
        self._write(entry)
        self._add(entry, at)

    def reset(self, parts: Iterable[Part]) -> None:
        """Forget parts and their outcomes, because their table was rewritten and has other pages."""
        numbers = [p.number for p in parts]
        self._forget(numbers)
        self._write({"reset": numbers})

    def publish(self, place: int) -> None:
        """Note that the findings of a column are stored."""
        self.published.add(place)
        self._write({"published": place})

    def _write(self, entry: dict[str, Any]) -> None:
        try:
            self._stream.write(json.dumps(entry, ensure_ascii=False).encode("utf-8") + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as exc:
            raise ConfigError(
                f"cannot write {self.path}: {exc.strerror}", hint="free some disk space"
            ) from exc

    # -- reading -----------------------------------------------------------------------------------

    @property
    def next_number(self) -> int:
        """A number that no part has had."""
        return self._highest + 1

    @property
    def findings(self) -> int:
        """How many findings the parts gave so far."""
        return sum(self._findings.values())

    def pending(self) -> list[Part]:
        """The parts that are still to be read, in order."""
        return [p for n, p in sorted(self.parts.items()) if n not in self.done]

    def of(self, place: int) -> list[Part]:
        """The parts of a column, in order."""
        return [p for _, p in sorted(self.parts.items()) if p.place == place]

    def outcomes(self, place: int) -> Iterator[Outcome]:
        """The outcomes of the parts of a column, in the order they were read, one at a time."""
        lines = sorted(self._lines[p.number] for p in self.of(place) if p.number in self._lines)
        with self.path.open("rb") as stream:
            for at in lines:
                stream.seek(at)
                yield _outcome_from_json(json.loads(stream.readline()))

    # -- the end -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave the journal to be resumed."""
        self._stream.close()

    def remove(self) -> None:
        """The scan is over and its findings are stored: nothing is left to resume."""
        self.path.unlink(missing_ok=True)
        self._stream.close()


def state_file(database: str) -> Path:
    """Where the journal of a database's scan lies by default. Raises ConfigError for an account without a home."""
    home, state = os.environ.get("HOME"), os.environ.get("XDG_STATE_HOME")
    if not home and not state:
        raise ConfigError("no home to keep the scan's journal in", hint="name a file: --state FILE")
    folder = Path(state) if state else Path(str(home), ".local", "state")
    with suppress(OSError):  # opening the journal will say so
        (folder / "motjuste").mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "motjuste" / f"scan-{hashlib.sha256(database.encode()).hexdigest()[:16]}.jsonl"


def read_head(path: Path) -> Head | None:
    """The head of a journal; None if there is no journal, or its scan had not started."""
    try:
        with path.open("rb") as stream:
            line = stream.readline()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="give a file that can be read") from exc
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
        if entry.pop("motjuste") != FORMAT:
            raise ValueError
        sources = tuple(
            Source(Place(**s["place"]), tuple(s["keys"]), s["author"], tuple(s["strange"]))
            for s in entry.pop("sources")
        )
        scope = entry.pop("scope")
        since = tuple(scope["since"]) if scope["since"] else None
        return Head(sources=sources, scope=Scope(since, scope["sample"], scope["by_key"]), **entry)
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError(
            f"{path} is no journal of this version of motjuste",
            hint="remove it, or name another file: --state FILE",
        ) from exc


def _locked(path: Path) -> Any:
    """The file, made with mode 0600 where it is missing, for us alone until it is closed."""
    try:
        stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as exc:
        raise ConfigError(
            f"cannot write {path}: {exc.strerror}", hint="name a place that can be written: --output, --state"
        ) from exc
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        stream.close()
        raise ConfigError(
            f"another scan is at work with {path}",
            hint="wait for its end, or name another file: --state FILE",
        ) from exc
    return stream


def _outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "part": outcome.part,
        "read": outcome.rows_read,
        "exist": outcome.rows_that_exist,
        "recoded": outcome.recoded,
        "skips": [asdict(s) for s in outcome.skips],
        "again": outcome.again,
        "hits": [
            [h.row_key, h.digest.hex(), h.author, [[asdict(m), c] for m, c in zip(h.matches, h.certainties, strict=True)]]
            for h in outcome.hits
        ],
    }  # fmt: skip


def _outcome_from_json(entry: dict[str, Any]) -> Outcome:
    return Outcome(
        entry["part"],
        entry["read"],
        entry["exist"],
        tuple(
            Hit(key, bytes.fromhex(digest), tuple(Match(**m) for m, _ in found), tuple(c for _, c in found), author)
            for key, digest, author, found in entry["hits"]
        ),
        tuple(Skip(**s) for s in entry["skips"]),
        entry["recoded"],
        tuple(entry["again"]),
    )  # fmt: skip
