"""Numbers for invented notes: those that have a key have a valid one, so that a check takes them for real."""

from __future__ import annotations

from collections.abc import Callable
from random import Random


def amount(draw: Random) -> str:
    """A sum of money as an agent writes it."""
    return f"{draw.randint(12, 980)},{draw.randint(0, 99):02d} €"


def phone(draw: Random) -> str:
    """A number of the range that the regulator keeps for fiction (06 39 98)."""
    return f"06 39 98 {draw.randint(0, 99):02d} {draw.randint(0, 99):02d}"


def iban(draw: Random) -> str:
    """A French IBAN of a bank that does not exist (99999)."""
    account = f"99999{draw.randrange(10**5):05d}{draw.randrange(10**11):011d}{draw.randrange(97):02d}"
    key = 98 - int(account + "152700") % 97  # 152700: FR00 as digits
    return _in_fours(f"FR{key:02d}{account}")


def social_security(draw: Random) -> str:
    """A social-security number (NIR) with its key."""
    parts = [
        str(draw.randint(1, 2)),
        f"{draw.randint(40, 99):02d}",
        f"{draw.randint(1, 12):02d}",
        f"{draw.randint(21, 95):02d}",
        f"{draw.randint(1, 900):03d}",
        f"{draw.randint(1, 990):03d}",
    ]
    return " ".join([*parts, f"{97 - int(''.join(parts)) % 97:02d}"])


def card(draw: Random) -> str:
    """A bank-card number with its Luhn key."""
    body = f"4970{draw.randrange(10**11):011d}"
    doubled = [int(c) * (1 if place % 2 else 2) for place, c in enumerate(body)]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    return _in_fours(body + str(-total % 10))


def _in_fours(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


SLOTS: dict[str, Callable[[Random], str]] = {
    "n": lambda draw: str(draw.randint(2, 9)),
    "montant": amount,
    "montant2": amount,
    "tel": phone,
    "facture": lambda draw: f"FA-{draw.randint(10000, 99999)}",
    "contrat": lambda draw: str(draw.randint(4000000, 4999999)),
    "ref": lambda draw: str(draw.randint(10000, 99999)),
    "index": lambda draw: str(draw.randint(1000, 98000)),
    "nir": social_security,
    "cb": card,
    "crypto": lambda draw: f"{draw.randint(0, 999):03d}",
    "iban": iban,
}
