"""The kernel in C (toolkit/kernel): the executor of programs where it was built, with the answers of the reference, many times as fast.

`motjuste._kernel` is in a wheel that was built with a compiler, and in a checkout after `make kernel`. Where it is not, or reads another
format of programs, the reference runs. MOTJUSTE_EXECUTOR=reference says that it is to; MOTJUSTE_KERNEL=require refuses to go without the kernel.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from motjuste.engine.program import FORMAT, hashed, pack, strings
from motjuste.errors import MotjusteError
from motjuste.model import Match

if TYPE_CHECKING:
    from motjuste.engine.matcher import Matcher

FIELDS = 5  # integers of what is found: text, start, length, rule, level


def executor() -> str:
    """What finds here: `kernel` or `reference`. Raises MotjusteError where the kernel is required and not there."""
    return "reference" if _module() is None else "kernel"


def of(matcher: Matcher) -> Kernel | None:
    """The kernel for these rules, None where the reference is to find. Raises MotjusteError as `executor` does."""
    module = _module()
    return module and Kernel(module, matcher)


def _module() -> Any:
    if os.environ.get("MOTJUSTE_EXECUTOR") == "reference":
        return None
    module = _built()
    if module is None and os.environ.get("MOTJUSTE_KERNEL") == "require":
        raise MotjusteError(
            "the kernel in C is required, and not there",
            hint="in a checkout: make kernel; or reinstall motjuste where a C compiler is; or unset MOTJUSTE_KERNEL",
        )
    return module


@cache
def _built() -> Any:
    try:
        module = import_module("motjuste._kernel")
    except ImportError:
        return None
    return module if module.FORMAT == FORMAT else None


class Kernel:
    """The kernel with the rules of a matcher."""

    def __init__(self, module: Any, matcher: Matcher) -> None:
        programs = [part.program.content for part in matcher.parts]
        self._kernel = module.Kernel(
            programs[0], programs[1] if len(programs) > 1 else b"", settings(matcher)
        )
        rules = sorted(matcher.pack.rules, key=lambda r: r.id)
        self._rules = [(r.id, r.category) for r in rules]

    def find(self, text: str) -> tuple[list[Match], list[Match]]:
        """What is found in a text, in order, and what is outweighed, as `Matcher.find_with_outweighed` says."""
        found, outweighed = self._kernel.find((text,))
        return self._matches(found) if found else [], sorted(self._matches(outweighed)) if outweighed else []

    def find_all(self, texts: Sequence[str]) -> list[list[Match]]:
        """What is found in each of some texts. Other threads run meanwhile."""
        found: list[list[Match]] = [[] for _ in texts]
        rows = array("i", self.columns(texts))
        for at in range(0, len(rows), FIELDS):
            found[rows[at]].append(self._match(*rows[at + 1 : at + FIELDS]))
        return found

    def columns(self, texts: Sequence[str]) -> bytes:
        """What is found in some texts, as rows of integers of four bytes: text, start, length, rule, level (1 watch, 2 block).

        Rules are numbered in the order of their ids. A column of it: memoryview(rows).cast("i")[3::5].
        """
        found: bytes = self._kernel.find(texts)[0]
        return found

    def work(self) -> tuple[int, int]:
        """(steps done so far, bytes that one text took at most): words looked at, or as much work."""
        done: tuple[int, int] = self._kernel.work()
        return done

    def _matches(self, rows: bytes) -> list[Match]:
        told = array("i", rows)
        return [self._match(*told[at + 1 : at + FIELDS]) for at in range(0, len(told), FIELDS)]

    def _match(self, start: int, length: int, rule: int, level: int) -> Match:
        return Match(start, length, *self._rules[rule], "block" if level == LEVELS["block"] else "watch")


LEVELS = {"": 0, "watch": 1, "block": 2}
KEYS = ("", "luhn", "nir", "iban")
NO_LIMIT = -(1 << 31)


def settings(matcher: Matcher) -> bytes:
    """Which rules are in use, at which level, and what else a policy may change: a file of sections, as a program is one.

    Rules and categories are numbered in the order of their names.
    """
    rules = sorted(matcher.pack.rules, key=lambda r: r.id)
    numbers = {r.id: n for n, r in enumerate(rules)}
    codes = sorted(matcher.pack.categories)
    scale = matcher.scale
    columns = matcher.parts[0].program.meta["columns"] if scale else []
    limits, spared = (scale.limits, scale.learnt.spared) if scale else ({}, {})
    told = array("i")
    for rule in rules:
        part = matcher.part_of[rule.id]
        told.extend((
            codes.index(rule.category), LEVELS[rule.level], KEYS.index(rule.key), limits.get(rule.id, NO_LIMIT),
            matcher.parts.index(part), part.numbers[rule.id], spared.get(rule.id, NO_LIMIT),
        ))  # fmt: skip
    categories = array("i")
    for code in codes:
        category, together = matcher.pack.categories[code], matcher.together.get(code)
        categories.extend((
            LEVELS[category.quoted], LEVELS[category.unsure], bool(category.capitals),
            numbers[together.id] if together else -1,
            columns.index(code) if code in columns else -1, scale.learnt.bases.get(code, 0) if scale else 0,
        ))  # fmt: skip
    constants = (
        [
            scale.learnt.threshold,
            scale.sure,
            scale.bias,
            *map(columns.index, ("fault", "close", "far", "signs", "sense")),
        ]
        if scale
        else []
    )
    persons = sorted(map(str.encode, matcher.pack.persons))
    maskable = sorted(matcher.maskable.items(), key=lambda one: one[0].encode())
    parts = [array("i", [numbers[r.id] if r else -1 for r in part.rules]) for part in matcher.parts] + [
        array("i")
    ]
    return pack(
        {
            "scale": array("i", constants).tobytes(),
            **strings(codes, "codes", "code_at"),
            "categories": categories.tobytes(),
            **strings([r.id for r in rules], "ids", "id_at"),
            "rules": told.tobytes(),
            "part_0": parts[0].tobytes(),
            "part_1": parts[1].tobytes(),
            **strings([w.decode() for w in persons], "persons", "person_at"),
            "person_hash": hashed(persons),
            **strings([word for word, _ in maskable], "maskable", "maskable_at"),
            "maskable_rule": array("I", [numbers[rule] for _, rule in maskable]).tobytes(),
        }
    )
