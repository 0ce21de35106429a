"""Cells of a CSV file that no spreadsheet takes for a formula (OWASP, "CSV Injection"), and back."""

from __future__ import annotations

import re

# A spreadsheet that parts cells by another sign than ours (; , | tab), or does not know our quotes, begins a cell after it.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\t\r"
_PARTS = ";,|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
# what may stand between the beginning of a cell and its sign: blanks, quotes, marks that are not seen
_BETWEEN = "[ \"'\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]*"
_FORMULA = re.compile(f"(^|(?<=[{_PARTS}]))({_BETWEEN})(?=[{_SIGNS}])")
_QUOTED = re.compile(f"(^|(?<=[{_PARTS}]))({_BETWEEN})'(?=[{_SIGNS}])")


def harmless(cell: str) -> str:
    """The cell with an apostrophe before each sign with which a formula would begin, at its start or at that of a part."""
    return _FORMULA.sub(r"\2'", cell)


def written(cell: str) -> str:
    """The cell as it was before `harmless`."""
    return _QUOTED.sub(r"\2", cell)
