"""Storing what a scan found in files, for a database that cannot hold it: findings as JSONL, proofs as JSON, mode 0600."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from motjuste.db.publishing import counted, noted, tally_of
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.model import Pack
from motjuste.scanning.journal import Journal
from motjuste.scanning.scan import NO_KEY, Difference, Hit, Place, Tally, holds_many


class InFiles:
    """Findings in a JSONL file, proofs in one beside it, both with mode 0600, put in place when the scan is over."""

    def __init__(
        self, path: Path, pack: Pack, role: str, *, compare: bool = False, force: bool = False
    ) -> None:
        self.path, self.pack, self.role, self.force = path, pack, role, force
        self.dry_run = False
        self.differences: list[Difference] = []
        self._before = _identities(path) if compare else None

    def publish(self, journal: Journal, number: int) -> Tally:
        """What was read and found; the files are written at the end."""
        return counted(journal, number)

    def finish(self, journal: Journal) -> None:
        """Write findings and proofs."""
        if self._before is not None:
            self._compare(journal, self._before)
        if self.dry_run:
            return
        tallies: list[Tally] = []

        def lines() -> Iterator[str]:
            for number in range(len(journal.head.sources)):
                tallies.append(tally := tally_of(journal, number))
                for line in _lines(tally.place, noted(journal, number, tally)):
                    yield json.dumps(line, ensure_ascii=False) + "\n"

        with private.drafts(force=self.force) as draft:
            draft(self.path, lines())
            proofs = [self._proof(t, journal.head.run) for t in tallies]
            draft(proof_file(self.path), [json.dumps(proofs, ensure_ascii=False, indent=2), "\n"])

    def _compare(self, journal: Journal, before: set[tuple[Any, ...]]) -> None:
        now: set[tuple[Any, ...]] = set()
        swept: dict[Place, bool] = {}
        for number in range(len(journal.head.sources)):
            tally = tally_of(journal, number)
            swept[tally.place] = tally.swept
            now |= {_identity(line) for line in _lines(tally.place, noted(journal, number, tally))}
        for (place, rule), group in groupby(sorted(now | before, key=_where), key=_where):
            each = list(group)
            if (there := Place(*place)) in swept:
                both = sum(i in now and i in before for i in each)
                new, gone = (sum(i in side for i in each) - both for side in (now, before))
                self.differences.append(Difference(there, rule, new, gone if swept[there] else None, both))

    def _proof(self, tally: Tally, run: str) -> dict[str, Any]:
        return {
            "relation": tally.place.relation,
            "column_name": tally.place.column,
            "json_key": tally.place.json_key,
            "rows_read": tally.rows_read,
            "rows_that_exist": tally.rows_that_exist,
            "rows_again": tally.rows_again,
            "notes_recoded": tally.recoded,
            "notes_with_findings": tally.notes_with_findings,
            "scope": tally.scope,
            "skipped": [asdict(s) for s in tally.skips],
            "pack_version": self.pack.version,
            "pack_digest": self.pack.digest,
            "started_at": tally.started_at.isoformat(),
            "ended_at": datetime.now(UTC).isoformat(),
            "role": self.role,
            "run": run,
        }


def require_file(path: Path, *, force: bool) -> None:
    """Raise ConfigError before anything is read, where findings cannot go there: their key, journal and proof lie beside them."""
    if private.target(path).passing:
        raise ConfigError(
            f"{path} is no file: the key, journal and proof of a scan lie beside its findings",
            hint="name a file: --output findings.jsonl",
        )
    for file in (path, proof_file(path)):
        private.claim(file, force=force)


def proof_file(path: Path) -> Path:
    """Where the proofs lie that go with a file of findings."""
    return path.with_name(path.name + ".proof.json")


def _lines(place: Place, found: Iterable[Hit]) -> Iterator[dict[str, Any]]:
    seen: set[tuple[Any, ...]] = (
        set()
    )  # without a primary key, or in an array, notes of the same text are one
    for hit in found:
        for m, certainty in zip(hit.matches, hit.certainties, strict=True):
            line = {
                "relation": place.relation,
                "column": place.column,
                "json_key": place.json_key,
                "row_key": json.loads(hit.row_key, parse_float=str),
                "note_digest": hit.digest.hex(),
                "rule": m.rule,
                "category": m.category,
                "level": m.level,
                "start": m.start,
                "length": m.length,
                "certainty": certainty,
                "author": hit.author,
            }
            if holds_many(place.json_key) or hit.row_key == NO_KEY:
                if (same := _identity(line)) in seen:
                    continue
                seen.add(same)
            yield line


def _identity(line: dict[str, Any]) -> tuple[Any, ...]:
    place = (line["relation"], line["column"], line["json_key"])
    return (place, line["rule"], json.dumps(line["row_key"]), line["note_digest"], line["start"])


def _where(identity: tuple[Any, ...]) -> tuple[tuple[str, str, str], str]:
    return identity[0], identity[1]


def _identities(path: Path) -> set[tuple[Any, ...]]:
    """The findings of a file that a scan wrote before. Raises ConfigError where it is none."""
    try:
        with path.open(encoding="utf-8") as stream:
            return {_identity(json.loads(line)) for line in stream}
    except OSError as exc:
        raise ConfigError(
            f"nothing to compare with: {path}: {exc.strerror}", hint="scan without --compare first"
        ) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError(
            f"{path} holds no findings of a scan", hint="name the file of an earlier scan"
        ) from exc


def proofs_in(path: Path) -> list[dict[str, Any]]:
    """The proofs that go with a file of findings. Raises ConfigError where there are none."""
    try:
        found: list[dict[str, Any]] = json.loads(proof_file(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(
            f"no proof of a scan: {proof_file(path)}: {exc.strerror}", hint="scan with --output first"
        ) from exc
    except ValueError as exc:
        raise ConfigError(f"{proof_file(path)} is damaged", hint="scan again") from exc
    return found
