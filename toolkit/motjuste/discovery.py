"""Which columns hold notes: each column scored from its type, names and comment, with the reasons.

Names are read in French and in English, cut at underscores and capitals, accents folded. What holds a
code, a label or an address is text too: those names lower the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from motjuste.model import Column
from motjuste.text import fold

CLEAR = 70  # from here on nobody needs to look before watching the column
SHOWN = 40  # from here on a person should look

# A word that starts with one of these names a note, whatever else stands in the name...
_NOTE = re.compile(
    r"commentaire|comment|comments|cmt|cmts|cmnt|commt|observ|obs$|remarq|remark|rmq|rq$|annot|memo|notes?$|nota$"
    r"|blocnote|notepad|noteinterne|libre$|free$|freetext|rendu$|feedback|narrative|verbatim"
)
# ... but one of these, which names an attribute of a note.
_ATTRIBUTE = re.compile(
    r"(?:cd|code|cod|id|ident|uuid|guid|type|typ|kind|nb|nbr|num|numero|no|count|date|dt|heure|time"
    r"|timestamp|ref|reference|lib|libelle|label|libl|titre|title|statut|status|etat|state|url|uri|href"
    r"|lien|link|path|chemin|fichier|file|filename|mime|format|hash|digest|md5|sha|token|jeton|cle|key"
    r"|slug|lang|langue|locale|version|ordre|order|rang|flag|ind|indicateur|niveau|level|categorie"
    r"|category|template|modele|color|couleur|icon|lu|read)$"
)
# A word that may name a note: the table and the comment decide.
_MAYBE = re.compile(
    r"(?:message|msg|comm|com|cr|compte|desc|descr|description|details?|motifs?|suivi|histo|historique|contenu|content"
    r"|corps|body|journal|textes?|text|txt|zone|precisions?|avis|appreciation|rapport|report|resume|summary|raison|reason"
    r"|contexte|context|infos?|informations?|complement|consignes?|instructions?|probleme|demande|reponse|answer"
    r"|anamnese|diagnostic|situation|divers|bilan|entretien|echange|evaluation|justification|particularites?)$"
)
# A word that names something else than a note.
_OTHER = re.compile(
    r"(?:adresse|addr|address|rue|voie|street|ville|city|commune|pays|country|region|cp|postal|zip|nom|name"
    r"|prenom|firstname|lastname|surname|email|mail|courriel|iban|bic|rib|tel|telephone"
    r"|phone|portable|mobile|fax|siret|siren|tva|naf|ape|civilite|civility|login|user|username"
    r"|utilisateur|mdp|password|role|ip|host|domaine|domain|devise|currency|unite|unit|marque|brand"
    r"|immatriculation|plaque|auteur|author|agent|createur|created|updated|par|by|source|canal|channel"
    r"|objet|sujet|subject|profession|metier|fonction|enseigne|societe|company|produit|product|article"
    r"|photo|image|xml|json|html|sql|query|genre|sexe|sex)$"
)
# Tables about persons and what happens to them, about notes themselves, and about things.
_PERSONS = re.compile(
    r"(?:client|clt|customer|contact|adherent|assure|abonne|beneficiaire|locataire|patient|candidat|salarie|employe"
    r"|eleve|etudiant|usager|membre|member|prospect|tiers|famille|debiteur|user|person|dossier|appel|call|interaction"
    r"|ticket|case|visite|visit|relance|incident|reclamation|intervention|contrat|contract|rdv|rendez|commande|order"
    r"|suivi|followup|sinistre|demande|lead|account|compte)"
)
_THINGS = re.compile(
    r"(?:produit|product|article|catalog|tarif|modele|template|param|config|setting|i18n|traduction|translation|menu"
    r"|page|nomenclature|referentiel|ref$|enum|migration|log$|logs$|job|version|agence|magasin|categor|type|liste)"
)


def words(name: str) -> list[str]:
    """The words of a name, folded: CommentaireClient and COMMENTAIRE_CLIENT give commentaire, client."""
    return re.findall(r"[a-z]+", fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)))


def score(column: Column) -> Column:
    """The column with a score from 0 (surely no note) to 100 and the reasons, in the order they weighed in."""
    marks = [_by_type(column), _by_name(column), _by_table(column), _by_comment(column)]
    if column.constrained:
        marks.append((-40, "part of a key"))
    total = sum(points for points, _ in marks)
    reasons = tuple(reason for _, reason in marks if reason)
    return replace(column, score=max(0, min(100, total)), reasons=reasons)


def rank(columns: Iterable[Column], min_score: int = SHOWN) -> list[Column]:
    """The scored columns that reach the score, likeliest first."""
    kept = [c for c in map(score, columns) if c.score >= min_score]
    return sorted(kept, key=lambda c: (-c.score, c.label))


def _by_type(column: Column) -> tuple[int, str]:
    if column.json_key:
        return 20, "text inside jsonb"
    if column.kind == "json":
        return -30, "json: only keys of jsonb can be watched"
    if column.kind == "bpchar" or 0 < column.size < 60:
        return -40, "too short for a note"
    if 0 < column.size < 200:
        return 10, "short text"
    return 25, "long text"


def _by_name(column: Column) -> tuple[int, str]:
    parts = words(column.json_key or column.name)
    note = next((w for w in parts if _NOTE.match(w)), None)
    attribute = next((w for w in parts if _ATTRIBUTE.match(w)), None)
    other = next((w for w in parts if _OTHER.match(w)), None)
    maybe = next((w for w in parts if _MAYBE.match(w)), None)
    if attribute:
        return -50, f"called `{attribute}`"
    if note:
        return 55, f"called `{note}`"
    if other:
        return -50, f"called `{other}`"
    if maybe:
        return 30, f"perhaps a note: `{maybe}`"
    return 0, ""


def _by_table(column: Column) -> tuple[int, str]:
    parts = words(column.table)
    thing = next((w for w in parts if _THINGS.match(w)), None)
    if thing:
        return -30, f"about things (`{thing}`)"
    note = next((w for w in parts if _NOTE.match(w)), None)
    if note:
        return 20, f"in a table of notes (`{note}`)"
    person = next((w for w in parts if _PERSONS.match(w)), None)
    return (10, f"about persons (`{person}`)") if person else (0, "")


def _by_comment(column: Column) -> tuple[int, str]:
    if column.json_key or not column.comment:
        return 0, ""  # the comment of a jsonb column is about the whole of it
    parts = words(column.comment)
    note = next((w for w in parts if _NOTE.match(w)), None)
    if note:
        return 20, f"comment says `{note}`"
    if parts and (_ATTRIBUTE.match(parts[0]) or _OTHER.match(parts[0])):
        return -20, f"comment says `{parts[0]}`"
    return 0, ""
