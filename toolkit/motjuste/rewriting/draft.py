"""A note under rewriting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from motjuste.engine.text import fold, skeleton
from motjuste.rewriting.grammar import Grammar
from motjuste.rewriting.sentence import Span


@dataclass
class Draft:
    """A note while it is rewritten: what is computed of it once, and the wordings already used."""

    text: str
    grammar: Grammar
    categories: Sequence[str] = ()  # those that its matches had before anything went
    folded: str = ""
    bones: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)  # by template
    intact: list[Span] = field(default_factory=list)  # its sentences without a match
    told: dict[str, bool] = field(default_factory=dict)  # by template: whether one of these says it already

    def __post_init__(self) -> None:
        self.folded = fold(self.text)
        self.bones = skeleton(self.folded)

    def clause(self, span: Span) -> str:
        """A part of the note, folded."""
        return self.folded[slice(*span)]
