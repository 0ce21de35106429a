"""Right of access without a database: which keys are followed, who else is named, what the answer says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from browser import assert_fit
from conftest import finder
from motjuste.access import document, removal
from motjuste.access.copies import originals
from motjuste.access.document import RESTRICTED, Failed, Found, Searched, Stored, Untied
from motjuste.access.graph import AUTHOR, CHOSEN, OTHERS, Choices, Left, Plan, plan, untied
from motjuste.access.persons import MASKS, Own, author_said, name_columns, third_persons
from motjuste.access.register import Request, subjects
from motjuste.access.tables import Link, Table, guess
from motjuste.config import Config, parse
from motjuste.errors import ConfigError
from motjuste.model import Edit, Pack
from motjuste.notes.editing import apply
from motjuste.officer import web
from motjuste.scanning.scan import Place


def table(name: str, *columns: str, schema: str = "crm", note: bool = True) -> Table:
    """A table with an integer key `id`, these integer columns and a note."""
    kinds = {"id": "integer", **dict.fromkeys(columns, "integer"), "note": "text"}
    notes = (("note", ""),) if note else ()
    return Table(f"{schema}.{name}", schema, name, kinds, (("id",),), primary=True, notes=notes)


def named(*tables: Table) -> dict[str, Table]:
    return {t.name: t for t in tables}


def key(child: str, column: str, parent: str, **more: bool) -> Link:
    return Link(f"crm.{child}", (column,), f"crm.{parent}", ("id",), **more)


def planned(tables: Iterable[Table], *links: Link, **choices: Iterable[tuple[str, str]]) -> Plan:
    return plan(
        named(*tables), links, ["crm.client"], Choices(**{k: frozenset(v) for k, v in choices.items()})
    )


CLIENT, CONTRACT = table("client", "parrain_id", "modifie_par"), table("contrat", "client_id", "parrain_id")
TICKET, MESSAGE = table("ticket", "contrat_id", "parent_id"), table("message", "ticket_id")
CHAIN = (
    key("contrat", "client_id", "client"),
    key("ticket", "contrat_id", "contrat"),
    key("message", "ticket_id", "ticket"),
)


# -- the plan --------------------------------------------------------------------------------------


def test_keys_are_followed_down_several_hops() -> None:
    found = planned((CLIENT, CONTRACT, TICKET, MESSAGE), *CHAIN)
    assert found.distance == {"crm.client": 0, "crm.contrat": 1, "crm.ticket": 2, "crm.message": 3}
    assert [x.label for x in found.path("crm.message")] == [
        "crm.message.ticket_id → crm.ticket.id", "crm.ticket.contrat_id → crm.contrat.id", "crm.contrat.client_id → crm.client.id",
    ]  # fmt: skip


def test_keys_are_never_followed_upwards() -> None:
    product, stock = table("produit"), table("stock", "produit_id")
    links = (*CHAIN, key("contrat", "produit_id", "produit"), key("stock", "produit_id", "produit"))
    found = planned((CLIENT, CONTRACT, TICKET, MESSAGE, product, stock), *links)
    assert "crm.produit" not in found.distance
    assert untied(named(CLIENT, product, stock), found) == ["crm.produit", "crm.stock"]


def test_tables_that_lead_to_no_note_are_not_searched() -> None:
    line, shelf = table("ligne", "contrat_id", note=False), table("rayon", "ligne_id", note=False)
    quiet = table("contrat", "client_id", note=False)
    links = (CHAIN[0], CHAIN[1], key("ligne", "contrat_id", "contrat"), key("rayon", "ligne_id", "ligne"))
    found = planned((CLIENT, quiet, TICKET, line, shelf), *links)
    assert set(found.distance) == {"crm.client", "crm.contrat", "crm.ticket"}


def test_the_persons_own_table_is_not_entered_again() -> None:
    back = key("client", "contrat_id", "contrat")
    found = planned((CLIENT, CONTRACT), key("client", "parrain_id", "client"), back, CHAIN[0])
    assert found.into("crm.client") == []
    assert {x.why for x in found.left} == {OTHERS}


def test_a_reply_within_a_table_comes_after_the_key_to_the_person() -> None:
    loop = key("ticket", "parent_id", "ticket")
    found = planned((CLIENT, CONTRACT, TICKET), *CHAIN[:2], loop)
    assert found.nearer(loop) == [("contrat_id",)]
    assert found.nearer(CHAIN[1]) == []


def test_two_keys_to_one_table_are_an_error_that_names_both() -> None:
    with pytest.raises(ConfigError) as error:
        planned((CLIENT, CONTRACT), CHAIN[0], key("contrat", "parrain_id", "client"))
    assert (
        "crm.contrat has 2 keys to crm.client: crm.contrat.client_id, crm.contrat.parrain_id"
        in error.value.message
    )
    assert "--follow crm.contrat.client_id or --leave crm.contrat.parrain_id" in error.value.hint


@pytest.mark.parametrize(
    "choice",
    [{"follow": [("crm.contrat", "client_id")]}, {"leave": [("crm.contrat", "parrain_id")]}, {"settled": True}],
    ids=str,
)  # fmt: skip
def test_what_somebody_says_settles_it(choice: dict[str, object]) -> None:
    settled = bool(choice.pop("settled", False))
    own = key("contrat", "client_id", "client", settled=settled)
    found = planned((CLIENT, CONTRACT), own, key("contrat", "parrain_id", "client"), **choice)  # type: ignore[arg-type]
    assert [x.columns for x in found.into("crm.contrat")] == [("client_id",)]
    assert [x.link.columns for x in found.left] == [("parrain_id",)]
    assert found.left[0].why == CHOSEN or "leave" in choice


def test_two_keys_may_both_be_followed_and_no_matter_where_no_note_is() -> None:
    both = (CHAIN[0], key("contrat", "parrain_id", "client"))
    found = planned(
        (CLIENT, CONTRACT), *both, follow=[("crm.contrat", "client_id"), ("crm.contrat", "parrain_id")]
    )
    assert len(found.into("crm.contrat")) == 2
    quiet = table("contrat", "client_id", "parrain_id", note=False)
    assert set(planned((CLIENT, quiet), *both).distance) == {"crm.client"}


def test_a_key_shared_by_both_is_named_by_its_other_column() -> None:
    links = [
        Link("crm.contrat", ("agence", c), "crm.client", ("agence", "id"))
        for c in ("client_id", "parrain_id")
    ]
    with pytest.raises(ConfigError) as error:
        planned((CLIENT, CONTRACT), *links)
    assert "--follow crm.contrat.client_id or --leave crm.contrat.parrain_id" in error.value.hint


def test_keys_that_name_the_same_row_or_stay_in_the_table_are_not_ambiguous() -> None:
    wider = Link("crm.contrat", ("agence", "client_id"), "crm.client", ("agence", "id"))
    loops = (key("ticket", "parent_id", "ticket"), key("ticket", "origine_id", "ticket"))
    found = planned((CLIENT, CONTRACT, TICKET), *CHAIN[:2], wider, *loops)
    assert (len(found.into("crm.contrat")), len(found.into("crm.ticket"))) == (2, 3)


def test_a_key_that_says_by_whom_is_left_unless_asked_for() -> None:
    call = table("appel", "saisi_par")
    by = key("appel", "saisi_par", "client")
    left = planned((CLIENT, call), by)
    assert (left.distance, left.left[0].why) == ({"crm.client": 0}, AUTHOR)
    assert "crm.appel" in planned((CLIENT, call), by, follow=[("crm.appel", "saisi_par")]).distance
    declared = key("appel", "client_id", "client")
    assert planned((CLIENT, call), declared, authors=[("crm.appel", "client_id")]).left[0].why == AUTHOR


def test_a_whole_table_may_be_left() -> None:
    found = planned((CLIENT, CONTRACT, TICKET), *CHAIN[:2], leave=[("crm.contrat", "")])
    assert set(found.distance) == {"crm.client"}
    assert untied(named(CLIENT, CONTRACT), found, frozenset({("crm.contrat", "")})) == []


# -- copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "name"),
    [("crm", "contrat_histo"), ("crm", "contrat_history"), ("crm", "CONTRAT_ARCHIVE"), ("crm", "contrat_audit"), ("crm", "contrat_log"),
     ("crm", "contrat_old"), ("crm", "contrat_2019"), ("crm", "contrat_2019_01"), ("crm", "histo_contrat"), ("archive", "contrat"), ("archives_2019", "contrat"),
     ("histo", "contrat_histo")],
)  # fmt: skip
def test_a_copy_is_known_by_its_name_and_columns(schema: str, name: str) -> None:
    copy = table(name, "client_id", "parrain_id", "version", schema=schema)
    assert originals(named(CONTRACT, copy)) == {copy.name: "crm.contrat"}


def test_what_only_looks_like_a_copy_is_none() -> None:
    other_columns = table("contrat_log", "x", "y", "z")
    other_client = table("contrat", "client_id", "parrain_id", schema="locataire2")
    other_branch = table("contrat_75", "client_id", "parrain_id")
    assert originals(named(CONTRACT, other_columns, other_client, other_branch)) == {}


def test_a_copy_is_tied_by_the_keys_of_its_original() -> None:
    copy = table("contrat_histo", "client_id", "parrain_id")
    first = table("client_archive", "parrain_id", "modifie_par")
    found = planned((CLIENT, CONTRACT, copy, first), key("contrat", "client_id", "client"))
    assert [x.label for x in found.path("crm.contrat_histo")] == [
        "crm.contrat_histo.client_id → crm.client.id (copie de crm.contrat)"
    ]
    assert [x.label for x in found.path("crm.client_archive")] == [
        "crm.client_archive.id → crm.client.id (copie de crm.client)"
    ]


def test_a_copy_without_the_column_is_tied_to_its_originals_row() -> None:
    copy = Table("crm.ticket_old", "crm", "ticket_old", {"id": "integer", "parent_id": "integer", "note": "text"}, notes=(("note", ""),))  # fmt: skip
    found = planned((CLIENT, CONTRACT, TICKET, copy), *CHAIN[:2])
    assert found.path("crm.ticket_old")[0].label == "crm.ticket_old.id → crm.ticket.id (copie de crm.ticket)"


def test_names_of_columns_speak_of_tables() -> None:
    tables = [CLIENT, CONTRACT, table("agence"), table("client", schema="test")]
    reminder = table("relance", "client_id", "id_contrat", "CLIENTS_ID", "montant", "num_agence")
    found = {c: guess(reminder, c, tables) for c in reminder.columns}
    labels = {c: link.parent for c, link in found.items() if link}
    assert labels == {"client_id": "crm.client", "id_contrat": "crm.contrat", "CLIENTS_ID": "crm.client", "num_agence": "crm.agence"}  # fmt: skip
    assert guess(table("relance", "client_id", schema="x"), "client_id", tables) is None
    # all tables of a package begin with the same word
    package = [table("llx_client"), table("llx_client_extra"), table("llx_agence")]
    link = guess(table("llx_relance", "fk_client"), "fk_client", package)
    assert link and link.parent == "crm.llx_client"
    link = guess(table("llx_relance", "fk_client"), "fk_client", [*package, table("client")])
    assert link and link.parent == "crm.client"


# -- third persons -----------------------------------------------------------------------------------

OWN = Own.of([{"civilite": "Mme", "nom": "LUCAS", "prenom": "Marie-Ève", "email": "me.lucas@mail.example", "telephone": "06 39 98 96 49",
               "nom_conseiller": "Durand", "ville": "Nantes"}])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Vu avec Mme Durand et son fils Kévin, rappeler.", ["Durand", "Kévin"]),
        ("Rappeler Mme Lucas, ou Marie-Ève LUCAS.", []),
        ("Rappeler M. Lucas demain.", ["Lucas"]),
        ("M. de La Tour du Pin passera.", ["de La Tour du Pin"]),
        ("Son mari Jean-Paul DUBOIS, sa sœur Ève", ["Jean-Paul DUBOIS", "Ève"]),
        ("Sa fille Lundi matin. Son père Rappeler.", []),
        ("Dr Petit ; Me D'Almeida ; Maître Le Goff", ["Petit", "D'Almeida", "Le Goff"]),
        ("madame Roux et monsieur souhaitent un devis", ["Roux"]),
        ("MME DURAND SOUHAITE UN DEVIS", ["DURAND"]),
        ("Joindre au +33 6 39 98 96 49, sinon 0612345678 ou 01.23.45.67.89", ["0612345678", "01.23.45.67.89"]),
        ("Écrire à ME.Lucas@mail.example et à l.durand@example.org.", ["l.durand@example.org"]),
        ("Contrat 4030552123456789, échéance le 01/02/2026, 12 345,67 €", []),
        ("ex-femme Nathalie, voisin prénommé Ali", ["Nathalie", "Ali"]),
        ("Mme\u00a0Ndiaye\nRappeler", ["Ndiaye"]),
        ("Le client est M", []),
        ("M. Nowaković et son fils Ke\u0301vin, sa fille Anne‑Lise", ["Nowaković", "Ke\u0301vin", "Anne‑Lise"]),
        ("son voisin M. Prat, sa voisine Mme Sauvage, notaire Me Labbé", ["Prat", "Sauvage", "Labbé"]),
        ("en présence du locataire, PV signé ; femme de M. Durand", ["Durand"]),
    ],
)  # fmt: skip
def test_third_persons_are_found_and_the_person_is_not(text: str, marked: list[str]) -> None:
    assert [text[s.start : s.end] for s in third_persons(text, OWN)] == marked


def test_the_advisers_name_is_not_the_persons() -> None:
    assert OWN.names == {"lucas", "marie", "eve"}
    assert [s.kind for s in third_persons("Mme Durand, 06 12 34 56 78, a@b.fr", OWN)] == [
        "nom",
        "téléphone",
        "courriel",
    ]


# -- the answer ------------------------------------------------------------------------------------

BAD = "Client alcoolique, vu avec Mme Durand : =1+1"


def found(*notes: Stored, **more: object) -> Found:
    return Found("lumeo", datetime(2026, 11, 25, 10, 30), (("crm.client", '{"id": 42}'),), OWN, notes, (Searched("crm.client", ("note",), (), 1, 1),), **more)  # type: ignore[arg-type]  # fmt: skip


def stored(text: str, row_key: str = '{"id": 42}', column: str = "note") -> Stored:
    return Stored(Place("crm.client", column), row_key, "jean", "2026-01-02", text)


def test_pieces_give_the_text_back_and_masks_take_names_out(pack: Pack) -> None:
    answer = found(stored(BAD))
    (open_,) = document.notes(answer, finder(pack), mask=False)
    assert open_.text == BAD
    assert [(p.text, p.third, p.labels) for p in open_.pieces if p.third or p.labels] == [
        ("alcoolique", False, ("Santé",)), ("Durand", True, ()),
    ]  # fmt: skip
    (masked,) = document.notes(answer, finder(pack), mask=True)
    assert masked.text == BAD.replace("Durand", MASKS["nom"])
    for span in masked.spans():
        assert masked.text[span["start"] :][: span["length"]] in ("alcoolique", MASKS["nom"])


def test_files_say_first_that_the_answer_is_not_complete(pack: Pack) -> None:
    answer = found(
        stored(BAD), failed=(Failed("crm.x", "denied", "note"),), untied=(Untied("crm.y", ("note",)),)
    )
    given = document.notes(answer, finder(pack), mask=False)
    values = json.loads(document.as_json(answer, given, mask=False, pack="1"))
    assert next(iter(values)) == "complete"
    assert values["complete"] is False
    assert (answer.readable, found(untied=(Untied("crm.y", ("note",)),)).readable) == (False, True)
    assert "INCOMPLÈTE" in document.as_csv(answer, given).splitlines()[0]
    whole = document.as_csv(found(), [])
    assert whole.startswith("\ufefftable;")


def test_the_page_with_all_that_it_can_say_fits_screen_print_and_readers(
    pack: Pack, tmp_path: Path, chromium: Any
) -> None:
    aside = Searched(
        "crm.ticket", ("note",), ("crm.ticket.client_id → crm.client.id",), 3, 2, aside=2, others=("objet",)
    )
    tie = '[[link]]\nfrom = "crm.y.client_id"\nto = "crm.client.id"'
    left = Left(key("contrat", "parrain_id", "client"), CHOSEN)
    whole = found(
        stored(BAD), stored("RAS", "{}"), failed=(Failed("crm.x", "hangs", "crm.w"),), unsure=("crm.client.nom",), left=(left,),
        untied=(Untied("crm.y", ("note",), tie), Untied("crm.z", ("doc->>note",))),
    )  # fmt: skip
    whole = replace(whole, searched=(*whole.searched, aside))
    given = document.notes(whole, finder(pack), mask=False)
    values = {
        "found": whole,
        "notes": given,
        "mask": False,
        "request": 7,
        "held": [document.Held(Place("t.client", "note"), '{"id": 1}', "Santé", "open", date(2026, 11, 2))],
        "third": 1,
        "faulty": 1,
        "pack_version": "1",
    }
    page = tmp_path / "acces.html"
    page.write_text(web.page("access.html", "fr", **values), encoding="utf-8")
    assert_fit(chromium, page)
    said = web.page("access.md", "fr", **values)
    for text in (page.read_text(encoding="utf-8"), said):
        for part in (
            "dépend de crm.w",
            "2 ligne",
            CHOSEN,
            "objet",
            "crm.client.nom",
            "INCOMPLÈTE",
            "demande n° 7",
        ):
            assert part.lower() in text.replace("\\", "").lower()


def test_no_cell_of_the_sheet_is_a_formula(pack: Pack) -> None:
    answer = found(stored("=HYPERLINK(1)"), stored("-2", column="@x"))
    text = document.as_csv(answer, document.notes(answer, finder(pack), mask=False)).removeprefix("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
    assert not any(cell.startswith(("=", "-", "+", "@")) for cell in cells)


def test_rows_set_aside_make_the_answer_incomplete() -> None:
    aside = Searched("crm.ticket", ("note",), ("a",), 1, 1, aside=2)
    assert found().complete
    assert not Found("x", datetime(2026, 1, 1), (), OWN, (), (aside,)).complete


def test_erasing_empties_each_note_that_a_key_tells_from_others() -> None:
    made, left = removal.decisions(
        [stored(BAD, '{"n": 1.10}'), stored("x", "{}")],
        "erasure",
        "dpo",
        lambda t: f"{len(t):064x}",
        lambda _: None,
    )
    assert [n.text for n in left] == ["x"]
    (one,) = made
    assert (one.row_key, one.edits) == ({"n": "1.10"}, (Edit(0, len(BAD), ""),))
    assert apply(BAD, one.edits) == ""
    assert one.digest_after == f"{0:064x}"


def test_a_restricted_note_says_so_as_far_as_its_column_has_room(pack: Pack) -> None:
    matcher = finder(pack)
    for limit, words in (
        (None, RESTRICTED[0]),
        (57, RESTRICTED[0]),
        (56, RESTRICTED[1]),
        (8, RESTRICTED[2]),
        (3, ""),
    ):
        assert matcher.find(words) == []
        (one,), _ = removal.decisions(
            [stored(BAD, '{"n": 1}')], "restriction", "dpo", lambda t: t, lambda _, n=limit: n
        )
        assert (apply(BAD, one.edits), one.digest_after) == (words, words)
    again, _ = removal.decisions(
        [stored(RESTRICTED[1], '{"n": 1}')], "restriction", "dpo", lambda t: t, lambda _: None
    )
    assert again == []


def test_an_answer_with_restricted_notes_is_not_complete(pack: Pack) -> None:
    restricted = found(stored(RESTRICTED[0], '{"n": 1}'))
    assert (restricted.restricted, restricted.complete, restricted.readable) == (1, False, True)


# -- the register ------------------------------------------------------------------------------------


def request(complete: bool | None, days_left: int) -> Request:
    at = None if complete is None else datetime(2026, 11, 20)
    return Request(7, [{"table": "crm.client", "key": {"id": 42, "x": "a"}}], date(2026, 11, 1), date(2026, 12, 1), None, at, "dpo", complete, 3, 2, days_left)  # fmt: skip


def test_a_request_is_overdue_until_a_complete_answer() -> None:
    states = [(c, d, request(c, d).state) for c in (None, False, True) for d in (0, -1)]
    assert states == [
        (None, 0, "à répondre"), (None, -1, "à répondre, en retard"), (False, 0, "réponse incomplète"),
        (False, -1, "réponse incomplète, en retard"), (True, 0, "répondue"), (True, -1, "répondue"),
    ]  # fmt: skip
    assert request(None, 1).who == "crm.client=42,a"
    assert request(True, -1).record()["overdue"] is False


def test_the_same_rows_are_the_same_person() -> None:
    assert subjects([("b", '{"id": 1}'), ("a", '{"k": "é"}')]) == subjects(
        [("a", '{"k": "é"}'), ("b", '{"id": 1}')]
    )


# -- the policy ------------------------------------------------------------------------------------


def test_links_of_the_policy() -> None:
    one = parse('[[link]]\nfrom = "crm.relance.client_id"\nto = "crm.client.id"\n', "motjuste.toml")
    assert (one.links[0].columns, one.links[0].targets) == (("crm.relance.client_id",), ("crm.client.id",))
    two = parse('[[link]]\nfrom = ["a.t.x", "a.t.y"]\nto = ["a.u.x", "a.u.y"]\n', "motjuste.toml")
    assert len(two.links[0].columns) == 2
    assert Config().links == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('from = "crm.relance.client_id"', "`to` is missing"),
        ('to = "crm.client.id"', "`from` is missing"),
        ('from = ["a.t.x", "a.t.y"]\nto = "a.u.x"', "`from` has 2 columns, `to` 1"),
        ('from = 3\nto = "a.u.x"', "`from` must be a list of names"),
        ('from = "a.b.c"\nto = "a.u.x"\nvia = "x"', "unknown setting `via`"),
    ],
)
def test_wrong_links_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f"[[link]]\n{text}\n", "motjuste.toml")
    assert "link 1" in error.value.message
    assert message in error.value.message


@pytest.mark.parametrize(
    ("table", "columns", "wanted"),
    [
        ("llx_user", "login lastname firstname email", "firstname lastname"),
        ("utilisateurs", "id_ldap nom prenom service", "prenom nom"),
        ("agent", "nom_agent prenom_agent", "prenom_agent nom_agent"),
        ("users", "userName displayName", "displayName"),
        ("res_users", "login signature", "login"),
        ("auth_user", "username first_name last_name", "first_name last_name"),
        ("staff", "name city", "name"),
        ("service", "libelle adresse", ""),
    ],
)
def test_the_columns_that_say_a_persons_name(table: str, columns: str, wanted: str) -> None:
    assert name_columns(table, columns.split())[:1] == ([tuple(wanted.split())] if wanted else [])


@pytest.mark.parametrize(
    ("author", "name", "shown"),
    [
        ("29", "Claire Dubois", "Claire Dubois (n° 29)"),
        ("29", "", "utilisateur n° 29"),
        ("cdubois", "Claire Dubois", "Claire Dubois (cdubois)"),
        ("cdubois", "cdubois", "cdubois"),
        ("cdubois", "", "cdubois"),
    ],
)
def test_an_author_is_said_by_name(author: str, name: str, shown: str) -> None:
    assert author_said(author, name) == shown
