"""The values for the template of the report, as a file and on the desk. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from motjuste.model import Pack
from motjuste.officer import evidence
from motjuste.officer.evidence import STANDING, Evidence

MODES = {
    "flag": "relevé",
    "warn": "relevé, agent averti",
    "block": "refusé si certain",
    "mask": "numéros masqués",
}

VIA = {"granted": "droit donné", "owner": "propriétaire de la table", "PUBLIC": "droit donné à tous"}


def values(found: Evidence, pack: Pack, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values of the report; `before` is an earlier one, as JSON."""
    counts = found.counts
    labels = {c.code: c.label for c in pack.categories.values()}
    return {
        "evidence": found,
        "modes": MODES,
        "via": {
            r.via: VIA.get(r.via, r.via.replace("member of", "membre de"))
            for x in found.readers
            for r in x.roles
        },
        "labels": labels,
        "why": {r.id: r.why for r in pack.rules},
        "grave": {r.id for r in pack.rules if r.level == "block"},
        "graves": sum(c.findings for c in counts if c.level == "block" and c.status in STANDING),
        "steps": evidence.steps(found),
        "levels": evidence.levels(counts),
        "compared": evidence.differences(before, found, labels) if before else [],
        "compared_with": _day(before),
        "by_category": evidence.lines(counts, lambda c: c.category),
        "by_rule": evidence.lines(counts, lambda c: c.rule),
        "by_column": evidence.lines(counts, lambda c: c.column),
        "by_team": evidence.lines(counts, lambda c: c.team),
        "by_month": sorted(evidence.lines(counts, lambda c: c.month), key=lambda line: line.name),
        "ages": evidence.ages(found),
        "false_alarms": evidence.false_alarms(counts),
    }


def _day(before: Mapping[str, Any] | None) -> date | None:
    return datetime.fromisoformat(before["at"]) if before else None
