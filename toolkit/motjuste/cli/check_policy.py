"""What a run of `motjuste check` follows: its flags, then [check] of the policy, then the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from motjuste import discovery
from motjuste.config import Config
from motjuste.errors import ConfigError
from motjuste.schema_check.layout import TOOLS


@dataclass(frozen=True)
class Choices:
    """`excluded` gives the pattern that leaves a file out, '' where none does."""

    tool: str
    min_score: int
    variables: Mapping[str, str]
    excluded: Callable[[str], str]


def choices(settings: Config, tool: str | None, given: Sequence[str], min_score: int | None) -> Choices:
    """What holds for this run. Raises ConfigError for an unknown tool and for what is no NAME=VALUE."""
    said = settings.check
    if said.tool and said.tool not in TOOLS:
        raise ConfigError(
            f"{settings.source}: check: unknown tool {said.tool!r}", hint=f"one of {', '.join(TOOLS)}"
        )
    variables = dict(said.variables)
    for pair in given:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise ConfigError(f"--set {pair}: no NAME=VALUE", hint="for instance: --set schema=crm")
        variables[name] = value
    for name, value in variables.items():
        if "\n" in value:  # the lines of what is found would be others than those of the file
            raise ConfigError(f"variable {name!r}: its value has a line break", hint="give it on one line")
    score = min_score if min_score is not None else said.min_score
    return Choices(
        tool or said.tool or "auto",
        discovery.CLEAR if score is None else score,
        variables,
        lambda name: _excluded(settings, name),
    )


def _excluded(settings: Config, name: str) -> str:
    if not settings.check.exclude:
        return ""
    seen = PurePath(os.path.relpath(name, Path(settings.source).parent)).as_posix()
    return next((p for p in settings.check.exclude if _matches(seen, p.removeprefix("./").rstrip("/"))), "")


def _matches(path: str, pattern: str) -> bool:
    """Whether a pattern names a file or a folder above it; one without a slash names either anywhere."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return any(fnmatchcase(place, pattern) for place in (above if "/" in pattern else parts))
