"""What a cell of a CSV file must not be for those who open it in a spreadsheet."""

from __future__ import annotations


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
