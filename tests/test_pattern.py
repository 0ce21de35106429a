"""What rule authors write, and what it matches: one table a construct, and what is refused."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conftest import finder, small_matcher
from motjuste.engine.matcher import Matcher
from motjuste.errors import RuleError
from motjuste.model import Pack
from motjuste.rulepack import raw

LISTS = '[lists]\nproche = ["fils", "belle-mère", "ex"]\nplus = ["@proche", "voisin(e)"]\n'
FORMS = '[forms]\n"opérer" = "opérer opère opéré opérée opérait"\n'


def matcher_for(term: str, context: str = "") -> Matcher:
    """The matcher of one rule with this one term, and what its table says besides."""
    rule = f'[[rule]]\nid = "r"\nwhy = "W."\nmatch = [{json.dumps(term)}]\nexamples = [{{ bad = "[[x]]" }}]\n{context}'
    return small_matcher(rule, rewritten=False, lists=LISTS, forms=FORMS)


def found(term: str, text: str, context: str = "") -> list[str]:
    """The parts of the text that a rule with this one term matches."""
    return [text[m.start : m.end] for m in matcher_for(term, context).find(text)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("malade", "Malade, MALADE, maladé, malades", ["Malade", "MALADE", "maladé"]),
        ("malade(s)", "malade malades maladie", ["malade", "malades"]),
        ("gamin(e|s|es)", "gamin gamine gamins gamines", ["gamin", "gamine", "gamins", "gamines"]),
        ("toxicoman(e|es|ie)", "toxicoman toxicomane toxicomanie", ["toxicoman", "toxicomane", "toxicomanie"]),
        ("(mal|très mal) luné", "mal luné, très mal luné, bien luné", ["mal luné", "très mal luné"]),
        ("(très)? radin", "très radin, radin", ["très radin", "radin"]),
        ("milite pour", "milite pr, milite par", ["milite pr"]),
        ("tout(e) ira", "tte ira, tt ira, ta ira", ["tte ira", "tt ira"]),
        ("sort (de la)? prison", "sort de la prison, sort prison", ["sort de la prison", "sort prison"]),
        ("{opérer} hernie", "opérée hernie opérait hernie opérons hernie", ["opérée hernie", "opérait hernie"]),
        ("son @proche malade", "son fils malade, son belle mère malade", ["son fils malade", "son belle mère malade"]),
        ("{opérer} @plus", "opéré voisine opéré ex", ["opéré voisine", "opéré ex"]),
        ("cas _ social", "cas très social, cas social", ["cas très social"]),
        ("cas <0-2> social", "cas social cas très très social cas un deux trois social", ["cas social", "cas très très social"]),
        ("cas <0-2!plus> social", "cas social cas du fils social cas a voisine social cas a b social", ["cas social", "cas a b social"]),
        ("taux #", "taux 12, taux douze", ["taux 12"]),
        ("casse-couilles", "casse-couilles casse couilles cassecouilles", ["casse-couilles", "casse couilles", "cassecouilles"]),
        ("l'ex", "l'ex l’ex l ex", ["l'ex", "l’ex", "l ex"]),
        ("soeur", "sœur soeur SŒUR", ["sœur", "soeur", "SŒUR"]),
        ("alcoolique", "alcolique", ["alcolique"]),
        ("psychiatre", "psichiatre", ["psichiatre"]),
    ],
)  # fmt: skip
def test_terms(term: str, text: str, expected: list[str]) -> None:
    assert found(term, text) == expected


@pytest.mark.parametrize("separator", [" ", "  ", ", ", "\n", "\r\n", "\t", "\u00a0", " - ", "’", "/"])
def test_words_of_a_phrase_may_be_apart(separator: str) -> None:
    assert found("gros con", f"un gros{separator}con !") == [f"gros{separator}con"]


@pytest.mark.parametrize("end", [". ", "! ", "? ", "; "])
def test_a_phrase_stops_where_a_sentence_ends(end: str) -> None:
    assert found("gros con", f"un gros{end}con") == []


@pytest.mark.parametrize(
    ("text", "excepted"),
    [
        ("mur malade", True),
        ("mur-malade", True),
        ("mur gris malade", True),
        ("mur, malade", False),
        ("mur : malade", False),
        ("mur (malade)", False),
        ("mur gris, malade", False),
        ("mur, gris malade", False),
    ],
)
def test_a_tilde_in_a_context_lets_no_comma_stand_between(text: str, excepted: bool) -> None:
    rule = (
        '[[rule]]\nid = "r"\nwhy = "W."\nmatch = ["malade"]\n'
        'unless.before = ["mur ~ <0-1> ~"]\nexamples = [{ bad = "[[malade]]" }]\n'
    )
    assert (small_matcher(rule, rewritten=False).find(text) == []) is excepted


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("malade", True),
        ("malade, rappeler", True),
        ("Rappeler. Malade.", True),
        ("rappeler (malade)", True),
        ("rappeler : malade", True),
        ("rappeler\nmalade\nlundi", False),  # a line may end where the field does
        ("rappeler;malade;lundi", True),
        ("rappeler malade", False),
        ("malade lundi", False),
        ("aujourd'hui malade", False),
        ("très malade, rappeler", False),
        ("rappeler, malade lundi", False),
        ("rappeler très longtemps " * 5 + "malade", False),
    ],
)
def test_a_caret_in_a_context_is_where_a_clause_begins_and_ends(text: str, alone: bool) -> None:
    rule = (
        '[[rule]]\nid = "r"\nwhy = "W."\nmatch = ["malade"]\n'
        'needs.before = ["^"]\nneeds.after = ["^"]\nexamples = [{ bad = "[[malade]]" }]\n'
    )
    assert bool(small_matcher(rule, rewritten=False).find(text)) is alone


@pytest.mark.parametrize("text", ["contact", "falcon", "con2", "2con", "œcon", "conœ"])
def test_a_word_inside_a_word_is_no_match(text: str) -> None:
    assert found("con", text) == []


@pytest.mark.parametrize(
    ("term", "reason"),
    [
        ("", "cannot be empty"),
        ("malade)", "closed but not opened"),
        ("(malade", "not closed"),
        ("malade & fou", "'&' has no meaning"),
        ("<3-1> malade", "least first"),
        ("malade <0-9> fou", "goes up to 8"),
        ("mal <0-2!inconnue> luné", "no list @inconnue in the pack"),
        ("<0-2> malade", "a gap needs a word before it"),
        ("@inconnu malade", "no list @inconnu"),
        ("-malade", "a hyphen joins two words"),
        ("~ malade", "`~` follows a word"),
        ("mur ~ malade", "stands in contexts only"),
        ("(mur ~ gris|toit) malade", "stands in contexts only"),
        ("_ _", "a gap needs a word before it"),
        ("(gros)? <0-2> malade", "a gap needs a word before it"),
        ("(gros)?-malade", "a gap needs a word before it"),
        ("fou (<0-1> malade|sourd)", "a gap cannot begin an alternative"),
        ("fou ((tres)? (trop)?|sourd)", "an alternative is all optional"),
        ("fou?", "write `(fou)?` for an optional word"),
        ("(fou)?", "all of it is optional"),
        ("un(a|b c)", "only plain words can touch"),
        ("(re)?(mis|met)", "an ending needs a word that is there"),
        ("[malade]", "has no meaning"),
        (r"\bmalade", "has no meaning"),
        ("a(b|c|d|e)(f|g|h|i)(j|k|l|m)(n|o|p|q)-b(b|c|d|e)(f|g|h|i)(j|k)", "spellings of words tied"),
        ("a(b|c|d|e)(f|g|h|i)(j|k|l|m)(n|o|p|q)(r|s|t|u)(v|w|x|y)", "spellings of one word"),
    ],
)
def test_a_term_that_cannot_be_is_refused_with_its_reason(term: str, reason: str) -> None:
    with pytest.raises(RuleError, match=re.escape(reason)) as refused:
        found(term, "")
    assert "sante.toml:9: r:" in refused.value.message


@pytest.mark.parametrize(
    "good",
    [
        "[0-9]{16}", "fr[0-9]{2}(?: ?[0-9]{4}){5}", "a|b", "mdp ?[:.] ?[a-z0-9]{4,12}", r"a\.b", "(?:[0-9] ?){10,30}", "(?:a{2}){1,90}b",
        "(?:[ .-]{0,2}[a-z0-9]){30}", "(?:(?:de|du|des|d)[^a-z]{1,2}){0,20}", "(?:[a-z]{1,20}[.]){1,20}fr", "(?:[0-9]{1,3}[ .]?){1,5}",
    ],
)  # fmt: skip
def test_raw_patterns_of_the_common_subset(good: str) -> None:
    raw.check_subset(good)


@pytest.mark.parametrize(
    "bad",
    [
        "a*", "a+", "(a+)+", "[0-9]+", "(a|b)*", "a{3,}", r"(a)\1", "(?=a)", "(?<!a)b", "(?i)a", "a??", "a{1,2}?", r"\d{3}", r"\bmot", "a.b", "^a", "a$",
        "É", "(a", "a)", "(?:(?:(?:[0-9]{0,60}){0,60}){0,60})", "[a-", "a{2", "(?P<n>a)",
    ],
)  # fmt: skip
def test_what_differs_between_engines_or_could_blow_up_is_refused(bad: str) -> None:
    with pytest.raises(RuleError):
        raw.check_subset(bad)


@pytest.mark.parametrize(
    "bad",
    [
        "(a{1,90}){1,90}b", "(a|aa){1,40}b", "(a?){1,90}b", "(?:|a){1,99}", "(ab|a|b){1,30}c", "((a{1,9}){1,9}){1,9}",
        "(?:[ .-]?[ .-]?[a-z0-9]){25}", "(?:[a-z]{1,20}[.]?){1,20}fr", "(?:ab{2}|abb){1,40}c", "(?:(?:de la|de|la) ){1,30}x",
    ],
)  # fmt: skip
def test_what_may_go_round_in_two_ways_is_refused(bad: str) -> None:
    with pytest.raises(RuleError, match="blow up"):
        raw.check_subset(bad)


def test_an_optional_class_twice_in_a_row_is_one_way(pack: Pack) -> None:
    """An account number of 30 signs one by one, and one letter too many: two ways at each would be a quarter of a minute."""
    assert raw.simplified("(?:[ .-]?[ .-]?[a-z]){5}[ ]?[.]?") == "(?:[ .-]{0,2}[a-z]){5}[ ]?[.]?"
    matcher = finder(pack)
    began = time.process_time()
    for country, signs in (("al", 24), ("br", 25), ("mt", 27)):
        assert not matcher.find(f"{country}12{' 1' * signs}b")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("[0-9]{4}", "0000"),
        ("code ?[0-9]{4,8}", "0000"),
        ("[a-z]{2}[@][0-9]{3}", "@"),
        ("c[.]{2,4}ne|p[.]{3}", ".."),
        ("c[.]{2}|con", ""),
        ("(?:a[.]{2})?b", ""),
        ("[0-9]?x", ""),
    ],
)
def test_what_every_match_of_a_raw_pattern_holds(source: str, held: str) -> None:
    assert raw.holds(source) == held


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("(?:fr|it)[ .-]?[0-9]{2}(?:[ .-]?[a-z0-9]){3}", 11),
        ("a{2,5}(?:bc|d)?[@]", 8),
        ("p[.]{2,4}|en cule", 7),
        ("(?:(?:a|bc){2}d){3}", 15),
    ],
)
def test_the_most_that_a_raw_pattern_matches(source: str, size: int) -> None:
    assert raw.longest(source) == size


@given(st.text(alphabet="abé{}()|@<>0-2_#?' -œ*", max_size=20))
def test_any_term_compiles_or_is_refused(term: str) -> None:
    """Never another error, and what compiles is a regular expression that runs."""
    try:
        found(term, "abé abé a-b")
    except RuleError as refused:
        assert refused.message


# -- what a term means, said again from its parts ---------------------------------------------------

_WORD = st.sampled_from(["ab", "cd", "ef", "gh", "ij", "kl"])


@st.composite
def _parts(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """(term, a text that it matches): elements in a row, each with one of the texts that it means."""
    terms, texts = [], []
    for n in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["word", "choice", "optional", "gap", "joint"] if depth else ["word"]))
        if kind == "choice":
            options = draw(st.lists(_parts(depth - 1), min_size=2, max_size=3))
            terms.append("(" + "|".join(term for term, _ in options) + ")")
            texts.append(draw(st.sampled_from([text for _, text in options])))
        elif kind == "optional" and n:
            word = draw(_WORD)
            terms.append(f"({word})?")
            texts.append(draw(st.sampled_from([word, ""])))
        elif kind == "gap" and n:
            least, most = sorted(draw(st.tuples(st.integers(0, 2), st.integers(0, 3))))
            last = draw(_WORD)
            terms.append(f"<{least}-{most}> {last}")
            texts.append(" ".join(["xy"] * draw(st.integers(least, most)) + [last]))
        elif kind == "joint":
            left, right = draw(_WORD), draw(_WORD)
            terms.append(f"{left}-{right}")
            texts.append(left + draw(st.sampled_from(["-", " ", ""])) + right)
        else:
            terms.append(draw(_WORD))
            texts.append(terms[-1])
    return " ".join(terms), " ".join(filter(None, texts))


@given(_parts(), st.sampled_from(["", "xy ", "ab cd ef gh "]), st.sampled_from(["", " xy", " ab cd"]))
@settings(max_examples=400)
def test_a_term_matches_every_text_that_it_means(parts: tuple[str, str], before: str, after: str) -> None:
    term, text = parts
    try:
        assert found(term, before + text + after) != [], (term, text)
    except RuleError:
        assume(False)  # refused: all of it is optional, or such


@given(_parts(), st.sampled_from(["zz", "(yy)? zz", "zz <0-2> yy"]), st.sampled_from(["before", "after"]))
def test_nor_a_text_with_what_its_rule_needs_beside_a_match(
    parts: tuple[str, str], term: str, side: str
) -> None:
    needed, beside = parts
    match = {"zz": "zz", "(yy)? zz": "yy zz", "zz <0-2> yy": "zz xx yy"}[term]
    text = f"{beside} {match}" if side == "before" else f"{match} {beside}"
    try:
        assert found(term, f"ab {text} cd", f"needs.{side} = [{json.dumps(needed)}]\n") == [match]
    except RuleError:
        assume(False)
