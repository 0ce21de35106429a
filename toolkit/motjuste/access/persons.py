"""Third persons in a note: names after a title or a relative's word, e-mail addresses, phone numbers. Pure.

The spans are marked for a person to check. A name that stands alone, or in lower case, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from motjuste.engine.text import fold

MASKS = {"nom": "[tiers]", "courriel": "[courriel d’un tiers]", "téléphone": "[téléphone d’un tiers]"}

_LATIN = [chr(c) for c in range(0xC0, 0x250)]
_CAPITAL = "A-Z" + "".join(c for c in _LATIN if c.isupper())
_SMALL = "a-z\u0300-\u036f" + "".join(
    c for c in _LATIN if c.islower()
)  # with the accents of decomposed letters
_PARTICLE = r"(?:(?:de|du|des|le|la|van|von|ben|el|al|da|dos)\s+|d['’])"
_WORD = rf"[{_CAPITAL}][{_CAPITAL}{_SMALL}]*(?:['’‐‑-][{_CAPITAL}{_SMALL}]+)*"
# At most three words, on one line, with their particles: Jean-Claude VAN DAMME, de La Tour.
_NAME = rf"{_PARTICLE}{{0,2}}{_WORD}(?:[ \t\u00a0]+{_PARTICLE}?{_WORD}){{0,2}}"
_MEN = r"M\.?|MM\.|Mr\.?|Mrs\.|Monsieur|monsieur|mr\.?|Messieurs|messieurs"
_WOMEN = r"Mme\.?|Mmes\.?|MME|Mlle\.?|Melle\.?|MLLE|Madame|madame|Mademoiselle|mademoiselle|mme\.?|mlle\.?|melle\.?|Mesdames|mesdames"
_NEUTRAL = r"Me|Ma[îi]tre|ma[îi]tre|Dr\.?|dr\.?|Docteur|docteur|Docteure|docteure|Pr\.?|Professeur|professeur|Sieur|sieur|Veuve|veuve|Vve"
_TITLED = re.compile(
    rf"(?<![\w.'’-])(?:(?P<man>{_MEN})|(?P<woman>{_WOMEN})|(?:{_NEUTRAL}))[ \t\u00a0]+(?P<name>{_NAME})(?![{_SMALL}])"
)
_RELATIVES = (
    r"mari|femme|[ée]poux|[ée]pouse|conjointe?|compagnon|compagne|copain|copine|fils|filles?|enfants?|gar[çc]on|p[èe]re|m[èe]re|papa|maman"
    r"|fr[èe]res?|s(?:œ|oe)urs?|grand-?[mp][èe]re|(?:petit-?fils|petite-?fille)|oncle|tante|neveux?|ni[èe]ces?|cousine?s?"
    r"|belle-?m[èe]re|beau-?p[èe]re|beau-?fr[èe]re|belle-?s(?:œ|oe)ur|beau-?fils|belle-?fille|parrain|marraine|filleule?"
    r"|ex(?:-(?:mari|femme|conjointe?|[ée]poux|[ée]pouse|compagnon|compagne))?|concubine?|fianc[ée]e?|voisine?s?|amie?s?"
    r"|coll[èe]gue|patronn?e?|employeur|employ[ée]e?|tut(?:eur|rice)|curat(?:eur|rice)|avocate?|notaire|assistante?|associ[ée]e?|gardienne?|locataire|propri[ée]taire"
)
_RELATED = re.compile(
    rf"(?<![\w-])(?:{_RELATIVES}),?[ \t\u00a0]+(?:(?:nomm[ée]e?s?|pr[ée]nomm[ée]e?s?|appel[ée]e?s?)[ \t\u00a0]+)?(?P<name>{_NAME})(?![{_SMALL}])",
)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\d+])(?:(?:\+|00)\d{2}[ .-]?(?:\(0\)[ .-]?)?[1-9]|0[1-9])(?:[ .-]?\d{2}){4}(?!\d)")
# Words that start a sentence or name a thing after a relative's word: they are no first names.
_NO_NAMES = frozenset(
    """a au aux avec ce cet cette client cliente dans de des dit doit du elle elles en est et il ils je la le les leur mais ne
    nous on ou par pas pour qui rdv rappeler sa sans ses son sur tel un une voir vu vous cb rib tv sav edf gdf sncf caf lundi mardi mercredi jeudi vendredi
    samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre""".split()  # noqa: SIM905
)
_TITLES = frozenset({"m", "mm", "mr", "mme", "mlle", "melle", "me", "dr", "pr"})
_NAMES = re.compile(r"^(?:nom|prenom|name|firstname|lastname|surname|raison|denomination|patronyme|alias|pseudo)$")  # fmt: skip
# A column that names somebody else beside the person: nom_conjoint, email_conseiller.
_OTHERS = re.compile(
    r"^(?:conseiller|agent|commercial|gestionnaire|conjoint|conjointe|pere|mere|parent|parents|parrain|tuteur|curateur|garant"
    r"|urgence|medecin|employeur|proche|par|by|auteur|author|referent)$"
)
_TITLE_COLUMN = re.compile(r"^(?:civilite|civility|titre|title|genre|sexe|sex|gender)$")


# How the columns of a table of persons say their names, without the table's own word: user_lastname, prenom_agent, nomUtilisateur.
_GIVEN = re.compile(r"(prenoms?|firstname|givenname|forename|usualfirstname)")
_FAMILY = re.compile(r"(nom|lastname|surname|familyname|nomfamille|nomdefamille|nomusage|nomusuel|patronyme)")
_WHOLE = re.compile(r"(name|fullname|displayname|nomcomplet|nomprenom|prenomnom|realname|cn)")
_LOGIN = re.compile(r"(login|username|logname|identifiant|pseudo|alias|code|matricule|initiales|trigramme)")
_BESIDE = frozenset(
    (
        "user",
        "users",
        "usr",
        "utilisateur",
        "agent",
        "employe",
        "employee",
        "personnel",
        "salarie",
        "staff",
        "operateur",
        "conseiller",
        "u",
        "a",
    )
)
_BARE = re.compile(r"\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def name_columns(table: str, columns: Iterable[str]) -> list[tuple[str, ...]]:
    """The columns, of the texts of a table of persons, that say a person's name together; the first of these that are not empty
    are the best."""
    own = set(_column_words(table)) | _BESIDE
    words = {}
    for c in columns:
        whole = "".join(_column_words(c))
        rest = "".join(w for w in _column_words(c) if w not in own and w.rstrip("s") not in own)
        words[c] = whole if _LOGIN.fullmatch(whole) else rest  # not: the name of a user
    given, family, full, login = (
        next((c for c, word in words.items() if pattern.fullmatch(word)), "")
        for pattern in (_GIVEN, _FAMILY, _WHOLE, _LOGIN)
    )
    groups = [(given, family) if family else (), (full,), (given,), (login,)]
    return [named for group in groups if (named := tuple(filter(None, group)))]


def author_said(author: str, name: str) -> str:
    """An author as a reader knows her: by name and the values of her row; a mere number is shown with its column."""
    bare = bool(_BARE.fullmatch(author))
    if not name or name == author:
        return f"utilisateur n° {author}" if bare else author
    return f"{name} (n° {author})" if bare else f"{name} ({author})"


def _column_words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", fold(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))


@dataclass(frozen=True, order=True)
class Span:
    """The span of a third person in a text, in code points, and its kind: nom, courriel, téléphone."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Own:
    """The data of the person's own row: words of her names, e-mail addresses, phone numbers, the gender of her title."""

    names: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    gender: str = field(default="")

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str | None]]) -> Own:
        """What the person's rows say about her, by the names of the columns and by the values."""
        names: set[str] = set()
        mails: set[str] = set()
        phones: set[str] = set()
        gender = ""
        for row in rows:
            for column, value in row.items():
                if not value:
                    continue
                words = _column_words(column)
                if any(_OTHERS.match(w) for w in words):
                    continue
                mails.update(m.casefold() for m in _MAIL.findall(value))
                phones.update(_digits(m.group()) for m in _PHONE.finditer(value))
                if any(_NAMES.match(w) for w in words):
                    names.update(_words(value))
                elif any(_TITLE_COLUMN.match(w) for w in words):
                    gender = gender or _gender(value)
        return cls(frozenset(names), frozenset(mails), frozenset(phones), gender)


def third_persons(text: str, own: Own) -> list[Span]:
    """The spans in a text that name other persons than the one who asks, in order and without overlap."""
    found = [
        Span(*m.span(), "courriel") for m in _MAIL.finditer(text) if m.group().casefold() not in own.mails
    ]
    found += [
        Span(*m.span(), "téléphone") for m in _PHONE.finditer(text) if _digits(m.group()) not in own.phones
    ]
    for m in _TITLED.finditer(text):
        gender = "m" if m["man"] else "f" if m["woman"] else ""
        other = bool(own.gender and gender and own.gender != gender)
        if other or not _words(m["name"]) <= own.names:
            found += _name(text, m)
    for m in _RELATED.finditer(text):
        found += _name(text, m)
    kept: list[Span] = []
    for span in sorted(found, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _name(text: str, m: re.Match[str]) -> list[Span]:
    """The name of a match, without a title before it and the words at its end that are no names."""
    start, end = m.span("name")
    capitals = text.upper() == text
    words = [(w.start() + start, w.end() + start) for w in re.finditer(_WORD, m["name"])]
    if capitals:  # any word may follow the name
        del words[1:]
    while words and _no_name(text[slice(*words[-1])], capitals):
        words.pop()
    if words and fold(text[slice(*words[0])]) in _TITLES:  # voisine Mme Sauvage
        start = words[1][0] if words[1:] else end
    return [Span(start, words[-1][1], "nom")] if words and start < end else []


def _no_name(word: str, capitals: bool) -> bool:
    return fold(word) in _NO_NAMES or (len(word) <= 2 and word.isupper() and not capitals)  # PV, FR...


def _words(value: str) -> set[str]:
    return {
        w
        for w in re.findall(r"[a-z0-9œæ]{2,}", fold(value))
        if w not in {"de", "du", "des", "la", "le", "van", "von"}
    }


def _digits(phone: str) -> str:
    """A phone number's last nine digits: +33 6 12..., 0033 6 12... and 06 12... are the same."""
    return re.sub(r"\D", "", phone.replace("(0)", ""))[-9:]


def _gender(value: str) -> str:
    plain = fold(value).strip(" .")
    if plain in {"mme", "mlle", "melle", "madame", "mademoiselle", "f", "femme", "feminin", "mrs", "ms"}:
        return "f"
    return "m" if plain in {"m", "mr", "monsieur", "h", "homme", "masculin"} else ""
