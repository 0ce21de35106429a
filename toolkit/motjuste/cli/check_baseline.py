"""`motjuste check --baseline`: leaves out the problems that an earlier report has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motjuste.errors import ConfigError
from motjuste.officer.report import Problem
from motjuste.printable import name

# A column that nobody watches is known by its name: its score and place may change. Of others what is said must be equal.
_OF_COLUMNS = ("uncovered-column", "column-widened", "copy-not-covered", "history-not-covered")
_NEVER = ("redaction-altered",)  # what altered it once may alter it again


def read(path: Path) -> Counter[tuple[str, ...]]:
    """The problems of a report in JSON, each with how often it is there. Raises ConfigError where the file is no such report."""
    hint = "write it so: motjuste check ... --format json > FILE"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Counter(_key(p) for p in told["problems"])
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint=hint) from exc
    except (ValueError, LookupError, TypeError) as exc:
        raise ConfigError(f"{path}: no report of motjuste check in JSON", hint=hint) from exc


def new(found: Sequence[Problem], known: Counter[tuple[str, ...]]) -> list[Problem]:
    """The problems that the report does not have; of equal ones, those beyond the number in the report."""
    left = known.copy()
    kept = []
    for p in found:
        key = _key({"rule": p.rule, "path": p.path, "subject": name(p.subject), "message": name(p.message)})
        if p.rule in _NEVER or not left[key]:
            kept.append(p)
        else:
            left[key] -= 1
    return kept


def _key(p: dict[str, Any]) -> tuple[str, ...]:
    if p["rule"] in _OF_COLUMNS:
        return p["rule"], p["subject"]
    return p["rule"], p["path"], p["subject"], p["message"]
