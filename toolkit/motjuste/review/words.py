"""What a reviewer reads and chooses from, in the language of the pack: reasons, and what the keys do."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Words:
    """The texts of a language, by table and name."""

    tables: dict[str, Any]

    def reasons(self, action: str, category: str) -> list[str]:
        """Why a finding of this category may be dismissed, or tolerated: the reasons of the category, then those of all."""
        found = self.tables["reasons"][action]
        return [*found.get(category, ()), *found["all"]]

    def say(self, table: str, name: str, **values: Any) -> str:
        """A text with these values in it."""
        text: str = self.tables[table][name]
        return text.format(**values)

    def of(self, sentence: str) -> str:
        """The translation of an English sentence of the code that is one of `[sentences]`; any other sentence is returned as it is."""
        for name, pattern in _english():
            if found := pattern.fullmatch(sentence):
                return self.say("sentences", name, **found.groupdict())
        return sentence


@cache
def _english() -> list[tuple[str, re.Pattern[str]]]:
    """The name and the pattern of each English sentence."""
    texts: dict[str, str] = words("en").tables["sentences"]
    return [
        (name, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(text)), re.S))
        for name, text in texts.items()
    ]


@cache
def words(language: str) -> Words:
    """The texts of a language; French where there are none of it."""
    folder = files("motjuste.review")
    file = folder / f"{language}.toml"
    return Words(tomllib.loads((file if file.is_file() else folder / "fr.toml").read_text(encoding="utf-8")))
