"""Reading a plan's SQL back, one transaction at a time, for `motjuste migrate apply` and `verify`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from motjuste.errors import ConfigError
from motjuste.migration.quote import literal

_SAID = re.compile(r"-- motjuste: (session|part|batch|finish|all) (\d+)")
_TIMEOUT = {
    name: re.compile(rf"^set local {name} = .*;$", re.MULTILINE)
    for name in ("lock_timeout", "statement_timeout")
}
_ASIDE = re.compile(r"vacuum \(skip_locked\) .*;")


@dataclass(frozen=True)
class Unit:
    """The statements of one transaction without its begin and commit; `aside`: one command outside a transaction."""

    kind: str
    text: str
    notes: int = 0

    def limited(self, **timeouts: str) -> str:
        """The statements with these timeouts (lock_timeout, statement_timeout) in place of the file's."""
        text = self.text
        for name, value in timeouts.items():
            text = _TIMEOUT[name].sub(
                f"set local {name} = {literal(value)};".replace("\\", r"\\"), text, count=1
            )
        return text


def units(lines: Iterable[str], name: str) -> Iterator[Unit]:
    """The transactions of a file that `migrate plan` wrote, for psql or Sqitch; no value holds a raw line break.

    Raises ConfigError where the file is not one of those, or ends too early.
    """
    held: list[str] | None = None
    last = ""
    for number, line in enumerate(lines, 1):
        if number == 1 and not line.startswith("-- "):
            raise _other(name)
        if held is None:
            if line == "begin;\n":
                held = []
            elif _ASIDE.fullmatch(line.rstrip("\n")):
                yield Unit("aside", line)
        elif line in ("commit;\n", "rollback;\n"):
            said = _SAID.fullmatch(held[0].rstrip("\n")) if held else None
            if not said and line == "commit;\n":
                raise _other(name)
            last = said[1] if said else "verify"
            yield Unit(last, "".join(held), int(said[2]) if said else 0)
            held = None
        else:
            held.append(line)
    if not last and held is None:
        raise _other(name)
    if held is not None or last not in ("finish", "all", "verify"):
        raise ConfigError(f"{name} ends too early", hint="write the plan again")


def _other(name: str) -> ConfigError:
    return ConfigError(
        f"{name} is not a file written by motjuste migrate plan",
        hint="apply runs the formats psql and sqitch; the others have a runner of their own",
    )
