"""A pack fitted to one organisation: a trade profile, other levels, rules switched off. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from motjuste.errors import ConfigError
from motjuste.model import Change, Level, Pack, Profile, Rule


@dataclass(frozen=True)
class Choices:
    """What a policy makes of the shipped rules.

    `own` are the user's own files (name, text); `profile` a trade profile's name, `profile_from` where it was
    given; `changes` the levels that the policy sets, and the rules that it switches off, in that order.
    """

    own: tuple[tuple[str, str], ...] = ()
    profile: str = ""
    profile_from: str = field(default="", compare=False)
    changes: tuple[Change, ...] = ()


def tailored(pack: Pack, choices: Choices) -> Pack:
    """The pack with a profile's levels, then the policy's. Raises ConfigError with every name that is unknown."""
    problems = []
    profile = Profile("", "", ())
    if choices.profile:
        if choices.profile in pack.profiles:
            profile = pack.profiles[choices.profile]
        else:
            problems.append(
                f"{choices.profile_from}: no profile {choices.profile!r}{_near(choices.profile, pack.profiles)}"
            )
    known = [*pack.categories, *(rule.id for rule in pack.rules)]
    for change in choices.changes:
        if change.target not in known:
            what = f"no rule or category {change.target!r}{_near(change.target, known)}"
            problems.append(f"{change.where}: {what}")
    if problems:
        raise ConfigError(
            "\n".join(problems),
            hint=f"rules: motjuste rules list; profiles: {', '.join(pack.profiles) or 'none'}",
        )
    batches = (profile.changes, choices.changes)
    rules = []
    for rule in pack.rules:
        level = _level(rule, pack.categories[rule.category].level, batches)
        if level != "off":
            rules.append(replace(rule, level=level))
    categories = dict(pack.categories)
    for change in (c for batch in batches for c in batch):
        if change.target in categories and change.level != "off":
            categories[change.target] = replace(categories[change.target], level=change.level)
    return replace(pack, rules=tuple(rules), categories=categories, profile=choices.profile)


def _near(name: str, known: Collection[str]) -> str:
    from motjuste.rulepack.rules import near  # which loads the whole compiler

    return near(name, known)


def _level(rule: Rule, default: Level, batches: Iterable[Sequence[Change]]) -> Level | Literal["off"]:
    """The level of a rule: what names the rule wins over what names its category, a later batch over an earlier.

    A category set to `watch` or `off` takes all its rules along; set to `block`, those only that were at its
    default: a rule that its author holds back to `watch` stays there.
    """
    level: Level | Literal["off"] = rule.level
    for batch in batches:
        for change in batch:
            if change.target == rule.category and change.level == "block":
                level = "block" if rule.level == default else rule.level
            elif change.target == rule.category:
                level = change.level
        for change in batch:
            if change.target == rule.id:
                level = change.level
    return level
