"""Check keys of numbers: a number whose key is wrong is no identifier, so it is no finding."""

from __future__ import annotations

from collections.abc import Callable


def luhn(value: str) -> bool:
    """Whether the digits of `value` (13 to 19 of them) pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    digits = [int(c) for c in value if c.isascii() and c.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = digit * 2 if place % 2 else digit
        total += double - 9 if double > 9 else double
    return total % 10 == 0


def nir(value: str) -> bool:
    """Whether `value` is a French social-security number with its key: 97 - (number mod 97).

    2A counts as 19 and 2B as 18 (décret n° 82-103). Thirteen characters and a key of two digits.
    """
    plain = "".join(c for c in value.lower() if c.isascii() and c.isalnum())
    if len(plain) != 15:
        return False
    plain = plain[:5] + {"2a": "19", "2b": "18"}.get(plain[5:7], plain[5:7]) + plain[7:]
    return plain.isdigit() and int(plain[13:]) == 97 - int(plain[:13]) % 97


def iban(value: str) -> bool:
    """Whether `value` passes the IBAN check (ISO 13616: moved, letters as numbers, modulo 97 is 1)."""
    plain = "".join(c for c in value.lower() if c.isascii() and c.isalnum())
    if not 15 <= len(plain) <= 34:
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


KEYS: dict[str, Callable[[str], bool]] = {"luhn": luhn, "nir": nir, "iban": iban}
