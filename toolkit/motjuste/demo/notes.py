"""Notes as hurried agents write them, drawn from the sentences of phrases.toml: same seed, same notes."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from motjuste.demo import numbers
from motjuste.engine.text import fold

FAULTY = 0.06  # the part of the notes that hold something they may not
LOOKALIKE = 0.18  # the part of the others that hold a word which is no fault there
NEW_YEAR = date(2026, 1, 1)

_SLOT = re.compile(r"\{(\w+)\}")
_PLAIN = str.maketrans("éèêàâîôûç", "eeeaaiouc")


@cache
def phrases() -> dict[str, Any]:
    """What phrases.toml holds."""
    return tomllib.loads(files("motjuste.demo").joinpath("phrases.toml").read_text(encoding="utf-8"))


class Writer:
    """Writes one note after the other, from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._all = phrases()
        self._short: dict[str, str] = self._all["short"]
        self._shortened = re.compile(r"\b(" + "|".join(self._short) + r")\b", re.IGNORECASE)
        self._day = NEW_YEAR
        self._hour = 8

    def word(self, kind: str) -> str:
        """A word of [words]: a surname, a town..."""
        words: list[str] = self._all["words"][kind]
        return self.random.choice(words)

    def note(self) -> str:
        """One note: about one in ten holds a fault."""
        draw = self.random
        if draw.random() < FAULTY:
            weights = self._all["weights"]
            return self.faulty(draw.choices(list(weights), list(weights.values()))[0])
        parts = draw.sample(self._all["facts"], draw.choices((1, 2, 3), (5, 4, 1))[0])
        if draw.random() < LOOKALIKE:
            parts[draw.randrange(len(parts))] = draw.choice(self._all["lookalikes"])
        return self._written(parts)

    def faulty(self, category: str) -> str:
        """One note with a fault of this category, mostly among lawful sentences."""
        draw = self.random
        parts = draw.sample(self._all["facts"], draw.choices((0, 1, 2), (25, 60, 15))[0])
        parts.insert(draw.randint(0, len(parts)), draw.choice(self._all["faults"][category]))
        return self._written(parts)

    def _written(self, parts: list[str]) -> str:
        draw = self.random
        if draw.random() < 0.5:
            parts = [*parts, draw.choice(self._all["actions"])]
        text = draw.choices((" ", "\n", " / "), (90, 7, 3))[0].join(parts)
        return self._hurried(_SLOT.sub(lambda m: self._slot(m[1]), text))

    def _slot(self, name: str) -> str:
        draw = self.random
        match name:
            case "nom" | "nom2":
                return draw.choice(("M. ", "Mme ", "M. ", "Mme ", "mr ", "Mlle ")) + self.word("surnames")
            case "jour" | "mois" | "ville" | "doc":
                return self.word(
                    {"jour": "days", "mois": "months", "ville": "towns", "doc": "documents"}[name]
                )
            case "date" | "date2":  # the second of a sentence comes after the first
                later = timedelta(draw.randint(2, 25))
                self._day = (
                    self._day + later if name == "date2" else NEW_YEAR + timedelta(draw.randrange(335))
                )
                return f"{self._day:%d/%m}"
            case "heure" | "heure2":
                self._hour = self._hour + draw.randint(1, 3) if name == "heure2" else draw.randint(8, 16)
                return f"{self._hour}h{draw.choice(('', '', '30', '15', '45'))}"
            case "mdp":
                return f"{self.word('passwords')}{draw.randint(10, 2026)}{draw.choice('!#?*')}"
        return numbers.SLOTS[name](draw)

    def _hurried(self, text: str) -> str:
        """The text as typed between two calls: half of the time with care."""
        draw = self.random
        if draw.random() < 0.5:
            return text
        if draw.random() < 0.6:
            text = self._shortened.sub(
                lambda m: self._short[m[0].lower()] if draw.random() < 0.7 else m[0], text
            )
        style = draw.random()
        if style < 0.30:
            text = text.translate(_PLAIN)
        elif style < 0.55:
            text = text.lower()
        elif style < 0.60:
            text = fold(text).replace("$", "eur").upper()
        if draw.random() < 0.25:
            text = text.rstrip(".")
        if draw.random() < 0.08:
            text += " " + draw.choice("ABCDLMPS") + draw.choice("ABCDLMPST")
        return text
