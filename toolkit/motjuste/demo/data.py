"""The rows of the demo's tables: 20,000 notes in seven columns, and the columns around them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from motjuste.demo.notes import Writer, phrases
from motjuste.demo.numbers import iban, phone
from motjuste.engine.text import fold

MONTHS = range(1, 11)  # the partitions of crm.interaction: January to October 2026
AGENTS = 40
# How many notes in which column: 20,000 in all.
CLIENTS, CONTRACTS, INTERACTIONS, REMINDERS, TICKETS, CALLS, VISITS = 3000, 3000, 7500, 1500, 2500, 1500, 1000
NOTES = CLIENTS + CONTRACTS + INTERACTIONS + REMINDERS + TICKETS + CALLS + VISITS

Rows = Iterable[tuple[Any, ...]]

PRODUCTS = (
    ("ELEC-BASE", "Électricité base", "Prix unique du kWh à toute heure, abonnement selon la puissance."),
    (
        "ELEC-HC",
        "Électricité heures creuses",
        "Huit heures creuses la nuit. Idéal avec un ballon d'eau chaude.",
    ),
    ("GAZ-FIXE", "Gaz prix fixe", "Prix du kWh bloqué pendant deux ans, hors taxes et acheminement."),
    (
        "ENTRETIEN",
        "Entretien chaudière",
        "Visite annuelle, dépannage sous 24 h, même pour une chaudière malade.",
    ),
    ("BOX", "Box et fibre", "Débit jusqu'à 1 Gb/s. Gel des tarifs pendant un an."),
    ("SOLAIRE", "Panneaux solaires", "Pose, raccordement et revente du surplus. Coloris noir ou bleu."),
)
TEMPLATES = (
    (
        "RELANCE-1",
        "Première relance",
        "Bonjour, sauf erreur de notre part, votre facture reste impayée à ce jour.",
    ),
    ("DELAI", "Accord de délai", "Bonjour, nous vous confirmons le délai de paiement convenu au téléphone."),
    (
        "DECES",
        "Décès du titulaire",
        "Bonjour, nous vous présentons nos condoléances et clôturons le contrat.",
    ),
    ("MALADIE", "Report d'intervention", "Bonjour, votre rendez-vous est reporté à la date de votre choix."),
)
SETTINGS = (("devise", "EUR"), ("relance.delai", "15"), ("mentions", "Luméo, SA au capital de 1 000 000 €"))


def tables(seed: int = 2026) -> Iterator[tuple[str, Rows]]:
    """(table, rows) in an order that foreign keys accept; a row has its table's columns in order."""
    write = Writer(seed)
    towns: list[str] = phrases()["words"]["towns"]
    agents = [_agent(write, n, len(towns)) for n in range(AGENTS)]
    logins = [agent[0] for agent in agents]
    yield (
        "crm.agence",
        ((f"A{n:03d}", f"Agence de {t}", f"{n} rue de l'Hôpital, {t}") for n, t in enumerate(towns)),
    )
    yield "crm.agent", agents
    yield "crm.produit", PRODUCTS
    yield "crm.client", (_client(write, n, logins) for n in range(1, CLIENTS + 1))
    yield "crm.contrat", (_contract(write, n) for n in range(CONTRACTS))
    yield "crm.interaction", (_interaction(write, n, logins) for n in range(1, INTERACTIONS + 1))
    yield "crm.relance", (_reminder(write) for _ in range(REMINDERS))
    yield "crm.document", ((n, "facture", f"Facture {n}", f"/ged/{n:06d}.pdf") for n in range(1, CLIENTS + 1))
    yield "support.ticket", (_ticket(write) for _ in range(TICKETS))
    yield "support.appel", (_call(write, n, logins) for n in range(1, CALLS + 1))
    yield "support.intervention", (_visit(write, n) for n in range(1, VISITS + 1))
    yield "support.modele_reponse", TEMPLATES
    yield "support.parametre", SETTINGS


def interactions(write: Writer, month: int, logins: list[str], count: int = 500) -> Iterator[tuple[Any, ...]]:
    """More rows of crm.interaction, of one month of 2026."""
    for number in range(count):
        row = _interaction(write, INTERACTIONS + 1 + number, logins)
        yield row[0], date(2026, month, 1 + number % 28), *row[2:]


def partition(month: int) -> dict[str, str]:
    """The slots of sql/demo/partition.sql for one month of 2026."""
    following = date(2026 + month // 12, month % 12 + 1, 1)
    return {
        "@name@": f"interaction_2026_{month:02d}",
        "@first@": f"2026-{month:02d}-01",
        "@next@": following.isoformat(),
    }


def _agent(write: Writer, number: int, agencies: int) -> tuple[Any, ...]:
    name, first = write.word("surnames"), write.word("first_names")
    login = f"{fold(first)[0]}{fold(name)}{number:02d}"
    return login, f"{first} {name}", f"{login}@lumeo.example", f"A{number % agencies:03d}"


def _client(write: Writer, number: int, logins: list[str]) -> tuple[Any, ...]:
    draw = write.random
    name, first = write.word("surnames"), write.word("first_names")
    email = f"{fold(first)}.{fold(name)}{number}@mail.example"
    who = (number, draw.choice(("M.", "Mme")), name, first, email, phone(draw))
    where = (_address(draw), write.word("towns"), iban(draw).replace(" ", ""))
    return *who, *where, write.note(), draw.choice(logins)


def _contract(write: Writer, number: int) -> tuple[Any, ...]:
    draw = write.random
    product = draw.choice(PRODUCTS)[0]
    status = draw.choice(("actif", "actif", "résilié"))
    return number % CLIENTS + 1, 4000000 + number, product, status, write.note()


def _interaction(write: Writer, number: int, logins: list[str]) -> tuple[Any, ...]:
    draw = write.random
    channel = draw.choice(("téléphone", "agence", "mail"))
    topic = draw.choice(("Facture", "Contrat", "Panne", "Déménagement", "Paiement"))
    return number, _day(draw), _who(draw), draw.choice(logins), channel, topic, write.note()


def _reminder(write: Writer) -> tuple[Any, ...]:
    return _who(write.random), _day(write.random), write.random.randint(15, 900), write.note()


def _ticket(write: Writer) -> tuple[Any, ...]:
    draw = write.random
    topic = draw.choice(("Compteur malade", "Coupure", "Box HS", "Fuite", "Facture noir et blanc"))
    return (
        UUID(int=draw.getrandbits(128), version=4),
        _who(draw),
        topic,
        draw.choice(("ouvert", "clos")),
        write.note(),
    )


def _call(write: Writer, number: int, logins: list[str]) -> tuple[Any, ...]:
    draw = write.random
    details = {"canal": "téléphone", "duree": draw.randint(20, 1500), "note": write.note()}
    return number, _who(draw), draw.choice(logins), json.dumps(details, ensure_ascii=False)


def _visit(write: Writer, number: int) -> tuple[Any, ...]:
    return number, _who(write.random), _address(write.random), write.note()


def _who(draw: Random) -> int:
    return draw.randint(1, CLIENTS)


def _day(draw: Random) -> date:
    return date(2026, MONTHS[0], 1) + timedelta(draw.randrange(28 * len(MONTHS)))


def _address(draw: Random) -> str:
    street = draw.choice(
        ("rue de l'Église", "rue des Juifs", "rue Pasteur", "place du Temple", "allée des Tilleuls")
    )
    return f"{draw.randint(1, 180)} {street}"
