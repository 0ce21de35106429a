"""Check keys: published and invented numbers with a right key, and the same with a wrong one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motjuste.engine.checksum import KEYS, iban, luhn, nir

RIGHT = [
    (luhn, "4970 1012 3456 7893"),
    (luhn, "5555-5555-5555-4444"),
    (luhn, "378282246310005"),
    (nir, "1 85 05 78 006 084 91"),
    (nir, "185057800608491"),
    (nir, "1 85 05 2A 006 084 35"),
    (nir, "2 79 11 2b 033 120 41"),
    (iban, "FR76 3000 6000 0112 3456 7890 189"),
    (iban, "fr7630006000011234567890189"),
    (iban, "DE89 3704 0044 0532 0130 00"),
]


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_a_right_key(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_any_other_last_digit_is_wrong(check: Callable[[str], bool], number: str) -> None:
    others = [number[:-1] + d for d in "0123456789" if d != number[-1]]
    assert not any(check(other) for other in others)


@pytest.mark.parametrize(
    "number", ["", "4970", "0000 0000 0000 0000", "1111111111111111", "a" * 16, "4" * 40]
)
def test_what_is_no_number_has_no_key(number: str) -> None:
    assert not any(check(number) for check in KEYS.values())


@pytest.mark.parametrize(
    "number", ["FR76 **** 1234", "FR76", "ZZ00 0000 0000 0000", "76FR3000600001123456789018"]
)
def test_a_masked_or_cut_iban_is_none(number: str) -> None:
    assert not iban(number)


@given(st.integers(10**11, 10**12 - 1))
def test_a_nir_has_one_key(tail: int) -> None:
    number = f"1{tail:012}"
    assert sum(nir(f"{number}{key:02}") for key in range(100)) == 1


@given(st.integers(10**14, 10**15 - 1))
def test_a_card_number_has_one_last_digit(head: int) -> None:
    assert sum(luhn(f"{head}{digit}") for digit in range(10)) == 1


@given(st.text(max_size=60))
def test_no_text_makes_a_check_fail(text: str) -> None:
    for check in KEYS.values():
        assert check(text) in (True, False)
