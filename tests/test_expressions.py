"""Expressions of the words that were met: what they match is what the whole pattern matches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from motjuste.expressions import Expressions

SETS = (frozenset({"coeur", "con", "cons", "chien", "chat"}), frozenset({"gros", "grosse", "ex aequo"}))
PATTERN = "(?<![^ .;])<1>(?: +<0>)? +<0>(?![^ .;])"
WORDS = st.sampled_from(["coeur", "cœur", "con", "cons", "chat", "gros", "grosse", "autre"])
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=60)


@given(TEXTS)
def test_of_the_words_that_are_there_it_matches_as_the_whole(texts: list[str]) -> None:
    met, whole = Expressions(SETS), Expressions(SETS).whole(PATTERN)
    for text in texts:
        found = met.among(PATTERN, frozenset(text.split()))
        assert [m.span() for m in found.finditer(text)] == [m.span() for m in whole.finditer(text)]


def test_few_words_are_compiled_once_and_many_in_the_end_whole() -> None:
    met = Expressions(SETS)
    first = met.among(PATTERN, {"gros", "con", "autre"})
    assert met.among(PATTERN, {"con"}) is first is not met.whole(PATTERN)
    words = sorted({w for words in SETS for w in words})
    many = Expressions((frozenset(words), *SETS[1:]))
    for word in words * 2:
        many.among(PATTERN, {word})
    assert many.among(PATTERN, set()) is many.whole(PATTERN)
