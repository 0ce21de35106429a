"""The loader: what it makes of a pack, and how it refuses a bad one (file, line, rule, reason; all at once)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import HEAD, finder, small_matcher, small_pack
from motjuste import assets
from motjuste.errors import MotjusteError, RuleError
from motjuste.model import CATEGORIES, Example, Pack
from motjuste.rulepack import examples, rules

GOOD = """
[[rule]]
id = "sante-malade"
why = "W."
match = ["malade(s)"]
examples = [{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]
allowed = ["Client content."]
"""


def refusal(text: str, **files: str) -> str:
    """The message with which a pack of one category file is refused."""
    with pytest.raises(RuleError) as refused:
        small_pack(text, **files)
    assert refused.value.hint
    return refused.value.message


def test_a_rule_is_read_whole() -> None:
    [rule] = small_pack(GOOD).rules
    assert (rule.id, rule.category, rule.level, rule.why) == ("sante-malade", "sante", "block", "W.")
    assert rule.bad == (Example("Client malade, rappeler.", 7, 6, "Rappeler."),)
    assert rule.allowed == ("Client content.",)
    assert rule.file == "sante.toml"


def test_the_digest_changes_with_any_content_and_only_then() -> None:
    assert small_pack(GOOD).digest == small_pack(GOOD).digest
    assert small_pack(GOOD).digest != small_pack(GOOD.replace("W.", "Why.")).digest
    assert small_pack(GOOD).digest != small_pack(GOOD, lists='[lists]\na = ["b"]\n').digest


@pytest.mark.parametrize(
    ("change", "to", "reason"),
    [
        (
            'examples = [{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]',
            "",
            "no example, no rule",
        ),
        ("[[malade]]", "malade", "mark the offending part once"),
        ("[[malade]]", "[[ma]][[lade]]", "mark the offending part once"),
        ("[[malade]]", "]]malade[[", "mark the offending part once"),
        ("[[malade]]", "[[]]malade", "mark the offending part once"),
        ("fixed =", "fix =", "unknown field ['fix'] in `examples`"),
        ("why", "reason", "unknown field ['reason']"),
        ('why = "W."', "", "say `why`"),
        ('match = ["malade(s)"]', "", "a rule matches something"),
        ('match = ["malade(s)"]', "match = []", "a rule matches something"),
        ('match = ["malade(s)"]', 'match = ["malade("]', "not closed"),
        ('match = ["malade(s)"]', "pattern = 'mal.de'", "outside the common subset at character 4"),
        (
            'match = ["malade(s)"]',
            "pattern = '(?:mal[^;]{1,3})?de'",
            "outside the common subset at character 7",
        ),
        ('match = ["malade(s)"]', "pattern = '(a+)+'", "could blow up"),
        ('match = ["malade(s)"]', "pattern = '(?:[0-9]{0,99}){0,99}(?:[0-9]{0,99}){0,99}'", "could blow up"),
        ('match = ["malade(s)"]', "pattern = 'a'\nmatch = ['a']", "not both"),
        ('why = "W."', 'why = "W."\nlevel = "warn"', "level is one of block, watch"),
        ('why = "W."', 'why = "W."\nkey = "crc"', "key is one of luhn, nir, iban"),
        ('why = "W."', 'why = "W."\nunless.inside = ["a"]', "unknown field ['inside'] in `unless`"),
        ('why = "W."', 'why = "W."\nunless.near = ["("]', "not closed"),
        ('why = "W."', 'why = "W."\nunless.near = ["@nowhere"]', "no list @nowhere"),
        ("sante-malade", "Sante malade", "lower-case words with hyphens"),
        ("sante-malade", "", "lower-case words with hyphens"),
        ('id = "sante-malade"', "id = 3", "lower-case words with hyphens"),
        ('why = "W."', "why = 3", "`why`"),
        ('match = ["malade(s)"]', 'match = "malade"', "`match`"),
        ('match = ["malade(s)"]', "match = [1]", "`match`"),
        ('match = ["malade(s)"]', "pattern = 1", "`pattern`"),
        ('match = ["malade(s)"]', "pattern = 'a'\nanchors = 'a'", "`anchors`"),
        ('allowed = ["Client content."]', 'allowed = "Client content."', "`allowed`"),
        ('allowed = ["Client content."]', "say = 1", "`say`"),
        ('allowed = ["Client content."]', 'say = "Absent[ {durée}]"', "slot"),
        ('why = "W."', 'why = "W."\nmaskable = "malade"', "`maskable`"),
        ('why = "W."', 'why = "W."\nunless = "a"', "`unless`"),
        ('why = "W."', 'why = "W."\nunless.near = "a"', "`near`"),
        (
            '[{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]',
            '["Client [[malade]]"]',
            "`examples`",
        ),
        (
            '[{ bad = "Client [[malade]], rappeler.", fixed = "Rappeler." }]',
            "[{ bad = 3 }]",
            "`bad` takes text",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_file_line_rule_and_reason(change: str, to: str, reason: str) -> None:
    assert change in GOOD
    message = refusal(GOOD.replace(change, to))
    assert re.match(r"sante\.toml:\d+: ", message)
    if 'id = "sante-malade"' in GOOD.replace(change, to):
        line = (HEAD.format(code="sante") + GOOD.replace(change, to)).splitlines().index(
            'id = "sante-malade"'
        ) + 1
        assert message.startswith(f"sante.toml:{line}: sante-malade: ")
    assert reason in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("head", "line", "reason"),
    [
        ("", 1, "the category lacks `code`"),
        (HEAD.replace('label = "Label"', ""), 2, "the category lacks `label`"),
        (HEAD.replace('law = "RGPD art. 9"', "law = 9"), 5, "`law` takes text"),
        (HEAD.replace('"block"', '"warn"'), 2, "level is one of"),
        (HEAD.replace("{code}", "health"), 2, "unknown category 'health'; known: sante"),
        (HEAD + '[[category.effect]]\nsay = "Absent"\nwhen = ["("]\n', 2, "not closed"),
        (HEAD + '[[category.effect]]\nwhen = ["absent"]\n', 2, "`say`"),
        (HEAD + '[[category.effect]]\nsay = "Absent[ {durée}]"\n', 9, "slot"),
        (HEAD + 'color = "red"\n', 8, "unknown field ['color']"),
        ("category = 3\n", 1, "`category` is a table"),
        (HEAD + 'rule = "a"\n', 8, "unknown field ['rule'] in `category`"),
        (HEAD + '[[rules]]\nid = "a"\n', 8, "unknown field ['rules'] in `sante.toml`"),
    ],
)
def test_a_bad_category_is_refused(head: str, line: int, reason: str) -> None:
    message = refusal(GOOD, head=head)
    assert message.startswith(f"sante.toml:{line}: ")
    assert reason in message


def test_all_problems_of_a_pack_are_told_at_once() -> None:
    bad = (
        GOOD
        + GOOD.replace("sante-malade", "b").replace("W.", "").replace('"malade(s)"', '"(", "malade?"')
        + GOOD.replace("sante-malade", "c").replace("[[malade", "malade")
    )
    message = refusal(bad, lists='[lists]\nok = ["a"]\nl = [\n"("]\n', forms="\nbroken = = 1\n")
    lines = message.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [
        "forms.toml:2:", "lists.toml:3:", *["sante.toml:17:"] * 3, "sante.toml:24:",
    ]  # fmt: skip
    assert "not TOML" in lines[0]
    assert "@l: " in lines[1]
    assert all(": b: " in line for line in lines[2:5]) and ": c: " in lines[5]


@pytest.mark.parametrize(
    ("name", "text", "line", "reason"),
    [
        ("pack", "language = 'fr'\nversion = 3", 2, "`version` takes text"),
        ("pack", "messages = 'a'", 1, "`messages` takes a table"),
        ("lists", "proche = ['a']", 1, "unknown field ['proche']"),
        ("lists", "[lists]\nproche = 'fils'", 2, "`proche` is a list"),
        ("lists", "[lists]\nproche = [\n'fils',\n1]", 4, "`proche` takes text"),
        ("forms", "forms = ['a']", 1, "`forms` takes a table"),
        ("forms", "[frequency]\na = '1'", 2, "`a` takes a whole number"),
    ],
)
def test_a_bad_shared_file_is_refused(name: str, text: str, line: int, reason: str) -> None:
    message = refusal(GOOD, **{name: text})
    assert message.startswith(f"{name}.toml:{line}: ")
    assert reason in message


def test_an_id_or_a_category_is_defined_once() -> None:
    assert "sante.toml:17: sante-malade: another rule has this id (sante.toml:10)" in refusal(GOOD + GOOD)
    again = HEAD.format(code="sante") + GOOD.replace("sante-malade", "other")
    assert "zz.toml:3: category sante is already defined" in refusal(GOOD, zz=again)


def test_a_pack_without_rules_is_refused() -> None:
    with pytest.raises(RuleError, match="no rule"):
        rules.load({})


def test_a_file_that_is_not_utf8_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "sante.toml").write_bytes(
        (HEAD.format(code="sante") + GOOD).replace("W.", "é").encode("cp1252")
    )
    with pytest.raises(MotjusteError, match=r"sante\.toml is not UTF-8") as refused:
        assets.pack_files(tmp_path)
    assert refused.value.hint


def test_the_french_pack_has_every_category_with_ten_rules_or_more(pack: Pack) -> None:
    assert set(pack.categories) == set(CATEGORIES)
    counts = {code: sum(r.category == code for r in pack.rules) for code in CATEGORIES}
    assert {code: n for code, n in counts.items() if n < 10} == {}


@pytest.mark.corpus
def test_the_rules_are_written_one_term_a_line() -> None:
    """So that a change shows what it changes: no line over 120 characters but the expressions of rewriting.toml and the prose of guide.toml."""
    for name, text in assets.pack_files(assets.asset_dir("rules") / "fr").items():
        if name not in ("rewriting.toml", "guide.toml", "weights.toml", "forms.toml"):
            long = [n for n, line in enumerate(text.splitlines(), 1) if len(line) > 120]
            assert long == [], name


def test_every_example_of_the_french_pack_holds(pack: Pack) -> None:
    assert examples.problems(finder(pack)) == []


def test_real_words_are_those_of_the_lexicon_that_slips_make_of_others() -> None:
    files = {
        "sante.toml": HEAD.format(code="sante") + GOOD.replace('"malade(s)"', '"fausses", "complète"'),
        "spelling.toml": assets.read("rules", "fr", "spelling.toml"),
    }
    assert rules.real_words(files, ["fosses", "complet", "malade", "chaise"]) == ["complet", "fosses"]


def test_examples_that_do_not_hold_are_told() -> None:
    wrong = GOOD.replace("[[malade]]", "[[sourd]]").replace("content", "malade")
    problems = examples.problems(small_matcher(wrong))
    assert len(problems) == 2
    assert all(p.startswith("sante.toml:10: sante-malade: ") for p in problems)
    unlike = examples.problems(small_matcher(GOOD.replace('"Rappeler."', '"Rappelez."')))
    assert len(unlike) == 1 and "is rewritten 'Rappeler.'" in unlike[0]
