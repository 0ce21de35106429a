"""What rewriting knows of a language: how its file is read, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from conftest import HEAD, matcher_of
from motjuste import assets
from motjuste.rewriting import rewrite
from motjuste.rewriting.grammar import Grammar, Name
from motjuste.rewriting.rewrite import Rewriter
from motjuste.rulepack import rules

FRENCH = assets.read("rules", "fr", "rewriting.toml")
RULE = '[[rule]]\nid = "r"\nwhy = "W."\nmatch = ["malade"]\nexamples = [{ bad = "[[malade]]" }]\n'


def problems(text: str) -> list[str]:
    """What is wrong with this text of rewriting.toml."""
    return rules.read({"rewriting.toml": text})[1]


def test_the_shipped_file_is_right_and_the_code_asks_for_each_of_its_expressions() -> None:
    assert problems(FRENCH) == []
    folder = Path(rewrite.__file__).parent
    code = "".join(f.read_text("utf-8") for f in folder.glob("*.py"))
    assert [name for name in get_args(Name) if f'"{name}"' not in code] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("aside = [", "beside = [", "aside = [", "nothing asks for `beside`"),
        ("aim = ['", "aim = ['(", "aim = [", "no regular expression"),
        ("aim = ['(?:", "aim = ['(", "aim = [", "takes 0 group(s) in plain brackets, not 1"),
        ("done_by = ['(", "done_by = ['(?:", "done_by = [", "takes 1 group(s) in plain brackets, not 0"),
        ("aim = ['(?:pour|a", "aim = ['(?:pour|à", "aim = [", "is for folded text"),
        ("aim = ['", "aim = ['@mnths", "aim = [", "no list and no expression @mnths"),
        ("unit = ['", "unit = ['@unit ", "unit = [", "@unit is made of itself"),
        (
            'weekdays = ["lundi"',
            'weekdays = ["lundi.?"',
            'weekdays = ["lundi"',
            "'lundi.?': a word has letters",
        ),
        ("\nmontant = [", "\nprix = [", "[slots]", "unknown slot `prix`"),
        ('subject = "ils"', "", '\n[[pronoun]]\nsubject = "ils"', "a pronoun has a `subject` and `names`"),
        ("months = [", "months = 3\nyears = [", "months = [", "`months` is a list"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: str, what: str) -> None:
    assert FRENCH.count(old) == FRENCH.count(line) == 1
    number = FRENCH[: FRENCH.index(line)].count("\n") + (2 if line[0] == "\n" else 1)
    found = problems(FRENCH.replace(old, new))
    assert any(p.startswith(f"rewriting.toml:{number}: ") and what in p for p in found), found


def test_an_expression_that_the_code_asks_for_is_missing() -> None:
    found = problems(FRENCH.replace("\naside = [", "\nbeside = ["))
    assert [p.rpartition(": ")[2] for p in found] == [
        "the expression `aside` is missing",
        "nothing asks for `beside`",
    ]


def grammar(words: str) -> Grammar:
    """French with other words of a file."""
    start = FRENCH.index("work = [")
    text = FRENCH[:start] + f"work = [{words}" + FRENCH[FRENCH.index("]", start) :]
    pack, found = rules.read({"rewriting.toml": text})
    assert found == []
    return Grammar(pack.rewriting)


@pytest.mark.parametrize(
    ("word", "yes", "no"),
    [
        ("clé", ["cle"], ["cles", "clef"]),
        ("clé(s)", ["cle", "cles"], ["clef", "clesx"]),
        ("reçu(e|s|es)", ["recu", "recues"], ["recur"]),
        ("livr*", ["livr", "livraison"], ["delivre"]),
        ("porte-clés", ["porte-cles"], ["porte"]),
        ("point d'eau", ["le point d'eau"], ["points d'eau"]),
    ],
)
def test_words(word: str, yes: list[str], no: list[str]) -> None:
    work = grammar(f'"{word}"')["work"]
    assert all(work.search(text) for text in yes)
    assert not any(work.search(text) for text in no)


def test_an_officer_adds_an_abbreviation() -> None:
    text = "Vu le cpteur. de la cave neuve, client malade. Rappeler."
    for added, expected in (
        ("", "Vu le cpteur. De la cave neuve. Rappeler."),
        ('"cpteur", ', "Vu le cpteur. de la cave neuve. Rappeler."),
    ):
        french = FRENCH.replace('abbreviations = [\n  "conj"', f'abbreviations = [\n  {added}"conj"')
        matcher = matcher_of({"sante.toml": HEAD.replace("{code}", "sante") + RULE, "rewriting.toml": french})
        assert Rewriter(matcher).rewrite(text, matcher.find(text)) == expected


def test_without_the_file_a_proposal_is_lawful_still() -> None:
    matcher = matcher_of({"sante.toml": HEAD.replace("{code}", "sante") + RULE})
    text = "Client malade, rappeler le 12. Devis remis."
    assert Rewriter(matcher).rewrite(text, matcher.find(text)) == "Devis remis."
