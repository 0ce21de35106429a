"""The officer's desk as a server: who comes in, what a review keeps, two persons, lots, lost rights, a lost server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from conftest import Cluster
from desk import ALICE, BOB, CAROL, HOST, ONE, PROOF, TWO, Office, office
from motjuste.cli.main import motjuste
from motjuste.db import connection, reviewing
from motjuste.db import evidence as stored
from motjuste.db.people import People, require_plain
from motjuste.errors import ConfigError
from motjuste.officer import evidence

pytestmark = pytest.mark.first_server  # says nothing of a server's version


@pytest.fixture(scope="module")
def o(cluster: Cluster) -> Iterator[Office]:
    """A desk that several persons share."""
    with office(cluster) as made:
        yield made


# -- who comes in ------------------------------------------------------------------------------------------


def test_the_token_opens_once_and_every_answer_is_closed_to_others(cluster: Cluster) -> None:
    with office(cluster, shared=False) as alone:
        base = f"http://{HOST}"
        http, other = alone.app.test_client(), alone.app.test_client()
        assert http.get("/revue", base_url=base).status_code == 403
        assert http.get("/entrer?jeton=wrong", base_url=base).status_code == 403
        assert http.get(f"/entrer?jeton={alone.token}", base_url="http://evil.test").status_code == 421
        entered = http.get(f"/entrer?jeton={alone.token}", base_url=base)
        assert entered.status_code == 303
        cookie = entered.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert other.get(f"/entrer?jeton={alone.token}", base_url=base).status_code == 403
        answer = http.get("/essai", base_url=base)
        assert answer.status_code == 200
        for name, value in {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
        }.items():
            assert answer.headers[name] == value
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert http.get("/revue", base_url="http://evil.test").status_code == 421  # a name that leads here
        csrf = re.findall(r'name="csrf" value="(\w+)"', answer.get_data(as_text=True))[0]
        good = {"csrf": csrf, "note": ONE}
        assert http.post("/essai", data=good, base_url=base).status_code == 200
        assert http.post("/essai", data={"note": ONE}, base_url=base).status_code == 403
        assert http.post("/essai", data=good | {"csrf": "0" * 64}, base_url=base).status_code == 403
        for headers in (
            {"Origin": "https://evil.test"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            assert http.post("/essai", data=good, base_url=base, headers=headers).status_code == 403
        assert http.get("/nulle-part", base_url=base).status_code == 404


def test_a_proxy_proves_itself_and_names_the_role(o: Office) -> None:
    http = o.app.test_client()
    base = f"https://{HOST}"
    for headers in (
        {},
        {"Remote-User": ALICE},
        {"Remote-User": ALICE, "X-Motjuste-Proxy": "x"},
        {"X-Motjuste-Proxy": PROOF},
    ):
        assert http.get("/plan", base_url=base, headers=headers).status_code == 403
    assert o.client(ALICE).get("/plan").status == 200
    for stranger in ("postgres", "nobody_at_all", 'mj_alice"; reset role --', "mj_desk"):
        assert o.client(stranger).get("/plan").status in (403, 503)
    # names that PostgreSQL takes for another one's: of who logged in, whose rights are all officers', and a long one
    o.run(f'create role "{"x" * 63}"; grant "{"x" * 63}" to mj_desk')
    for stranger in ("none", "x" * 64, "mj_desk"):
        assert o.client(stranger).get("/plan").status == 403, stranger
        with pytest.raises(connection.DatabaseError), o.people.session(stranger):
            pass
    o.run(f'drop role "{"x" * 63}"')
    # another person's form is of no use
    alice = o.client(ALICE).get("/essai")
    assert o.client(BOB).send("/essai", **alice.form()).status == 403


def test_a_shared_desk_is_no_superusers(o: Office) -> None:
    with connection.connect(o.dsn) as conn, pytest.raises(ConfigError, match="superuser"):
        require_plain(conn)
    with o.people.session() as conn:
        require_plain(conn)


def test_a_session_is_nobodys_once_it_is_given_back(o: Office) -> None:
    with o.people.session(ALICE) as conn:
        assert conn.execute("select current_user::text").fetchone() == (ALICE,)
    with o.people.session() as conn:
        assert conn.execute("select current_user::text").fetchone() == ("mj_desk",)
    with pytest.raises(connection.DatabaseError), o.people.session(ALICE) as conn:
        conn.execute("select 1/0")
    with o.people.session() as conn:
        assert conn.execute("select current_user::text").fetchone() == ("mj_desk",)


# -- the review --------------------------------------------------------------------------------------------


def test_a_review_from_the_first_note_to_the_plan(o: Office) -> None:
    o.write(ONE, TWO, ONE, ONE, ONE, "Rappeler mardi.")
    alice = o.client().get("/revue")
    assert "alcoolique</mark>" in alice.page and alice.form()["text"] == "Rappeler lundi."
    alice.answer("accept")
    assert o.states()[0] == f"1 sante-alcool accepted {ALICE}"
    # one of two findings is a false alarm: the proposal is made again, the other stays
    ids = re.findall(r"choice-(\d+)", alice.page)
    chosen = {f"choice-{ids[0]}": "accept", f"choice-{ids[-1]}": "dismiss"}
    part = o.client().send(f"{alice.where}/proposition", **alice.form() | chosen)
    assert "Il est en cure." in part.form()["text"] and "alcoolique" not in part.form()["text"]
    assert "Indiquez pourquoi" in alice.answer("accept", **chosen).told
    # nothing is accepted unseen
    assert (
        "n’était plus celle"
        in o.client().get(alice.where).answer("accept", **chosen, dismiss_reason="r").told
    )
    alice.answer("accept", **chosen | part.form(), dismiss_reason="Le mot a un autre sens ici")
    assert o.states()[1:3] == [f"2 sante-alcool accepted {ALICE}", f"2 sante-soin dismissed {ALICE}"]
    alice.answer("mask").answer("erase").answer("skip")
    assert alice.title == "Vous êtes au bout" and "1 constat reste à traiter" in alice.page
    alice.get("/revue")
    until = date.today() + timedelta(90)
    assert "jusqu’à quel jour" in alice.answer("tolerate", tolerate_reason="x", until="2020-01-01").told
    alice.answer("tolerate", tolerate_words="Un litige est en cours", until=until.isoformat())
    assert alice.title == "Il ne reste rien à revoir"
    assert [s.split()[2] for s in o.states()] == [
        "accepted",
        "accepted",
        "dismissed",
        "accepted",
        "accepted",
        "tolerated",
    ]
    texts = o.run("select row_key ->> 'id', edits, role from motjuste.decision order by 1")
    assert [t[0] for t in texts] == ["1", "2", "3", "4"] and {t[2] for t in texts} == {ALICE}
    assert "4 notes seront modifiées, dont 1 vidée" in alice.get("/plan").page
    # taken back, one after the other
    alice.get("/revue").send("/revue/annuler", **alice.form())
    assert o.states()[-1] == "5 sante-alcool open -" and alice.where.endswith(
        str(o.run("select max(id) from motjuste.finding")[0][0])
    )
    alice.send("/revue/annuler", **alice.form())
    assert o.states()[4] == "4 sante-alcool open -"
    assert len(o.run("select from motjuste.decision")) == 3


def test_a_wording_of_ones_own(o: Office) -> None:
    o.write(TWO, "Client alcoolique.\r\nRappeler lundi.")
    alice = o.client().get("/revue")
    for text, told in (
        ("Client alcoolique, à rappeler.", "contient encore"), (" ", "Effacer"), ("a" * 400, "400 caractères"), ("a\0b", "signes"),
    ):  # fmt: skip
        tried = o.client().send(f"{alice.where}/essai", **alice.form() | {"text": text})
        assert told in tried.page
        assert told in alice.answer("accept", text=text).told
        assert alice.status == 409 and alice.form()["text"].strip() == text.strip().replace("\0", "\0")
        assert {s.split()[2] for s in o.states()} == {"open"}
    alice.answer("accept", text="Dossier complet, rappeler mardi.")
    assert [s.split()[2] for s in o.states()] == ["accepted", "accepted", "open"]
    # a browser breaks lines in its own way: that is no edit
    assert alice.form()["text"] == "Rappeler lundi."
    alice.answer("accept", text="Bonjour.\r\nRappeler lundi.")
    [(edits,)] = o.run("select edits from motjuste.decision where row_key ->> 'id' = '2'")
    assert "\r\n" not in str(edits)  # what stays of the note stays as it is
    assert alice.title == "Il ne reste rien à revoir"


def test_filters_and_the_rule_with_its_false_alarms(o: Office) -> None:
    o.write(ONE, "Il est en cure. Rappeler.", ONE)
    alice = o.client().get("/revue/filtres")
    for name, count in (("bloquant", 2), ("à surveiller", 1), ("sante-soin", 1), ("crm.client", 3)):
        assert re.search(rf">{name}</a> <span class=\"soft\">{count}<", alice.page), name
    alice.get("/revue?level=watch")
    assert "en cure</mark>" in alice.page and "<b>1</b> à traiter dans ce choix" in alice.page
    alice.answer("dismiss", dismiss_reason="Le mot a un autre sens ici")
    assert alice.title == "Il ne reste rien à revoir dans ce choix"
    card = o.client().get("/revue/regle/sante-soin").page
    assert "100\u202f%" in card and "Un séjour de soin" in card and "disable = [{ rule = " in card
    assert o.client().get("/revue/regle/sante-rien").status == 404
    # the reason is the first choice for the next
    again = o.client().get("/revue").form()
    assert again["dismiss-reason"] == "Le mot a un autre sens ici"


def test_two_tabs_a_changed_note_and_what_another_person_decided(o: Office) -> None:
    first, second, third = o.write(ONE, ONE, TWO)
    one, other = o.client().get(f"/revue/{first}"), o.client().get(f"/revue/{first}")
    one.answer("accept")
    other.answer("erase")
    assert "accepté de corriger" in other.told and other.status == 409
    assert o.states()[0] == f"1 sante-alcool accepted {ALICE}"
    # mine: decided again on its page, by a form that knows of the decision
    other.answer("dismiss", dismiss_reason="r")
    assert o.states()[0] == f"1 sante-alcool dismissed {ALICE}" and not o.run("select from motjuste.decision")
    # the note changes between the page and the answer
    page = o.client().get(f"/revue/{second}")
    o.run("update crm.client set note = 'Tout va bien.' where id = 2")
    page.answer("accept")
    assert page.status == 200 and o.states()[1].startswith("2 None corrected")
    assert o.client().get(f"/revue/{second}").title == "Note à passer"
    # what somebody else decided is shown and stays
    bob = o.client(BOB).get(f"/revue/{third}")
    ids = re.findall(r"choice-(\d+)", bob.page)
    bob.answer("accept", **{f"choice-{ids[0]}": "open", f"choice-{ids[-1]}": "dismiss"}, dismiss_reason="nom")
    assert "n’était plus" in bob.told
    bob.answer("accept")
    alice = o.client().get(f"/revue/{third}")
    assert f"Fausse alerte, décidé par {BOB} : nom." in alice.page
    assert "Une autre personne a déjà décidé" in alice.answer("erase").told
    alice.answer("accept", **{f"choice-{ids[-1]}": "accept"})
    assert o.states()[2:] == [f"3 sante-alcool accepted {ALICE}", f"3 sante-soin dismissed {BOB}"]


def test_two_reviewers_have_different_notes_before_them(o: Office) -> None:
    o.write(*[ONE] * 25)
    alice, bob = o.client(ALICE).get("/revue"), o.client(BOB).get("/revue")
    assert alice.where != bob.where
    seen: dict[str, set[str]] = {ALICE: set(), BOB: set()}
    for _ in range(12):
        for person in (alice, bob):
            if "/fin" not in person.where and person.title.startswith("Note "):
                seen[person.who].add(person.where)
                person.answer("accept")
    assert not seen[ALICE] & seen[BOB]
    # what lapsed is anybody's
    o.run("update motjuste.reservation set until = now() - interval '1 minute'")
    while not bob.get("/revue").title.startswith("Il ne reste"):
        bob.answer("accept")
    assert {s.split()[2] for s in o.states()} == {"accepted"}


# -- many at once ------------------------------------------------------------------------------------------


def test_a_lot_is_answered_after_a_look(o: Office) -> None:
    first, *_ = o.write(*[ONE] * 3, "Son alcoolisme inquiète. Rappeler.", TWO)
    alice = o.client().get(f"/revue/lot/{first}")
    assert alice.page.count('name="note"') == 4  # not the one of other words
    assert "nombre de notes cochées" in alice.send(alice.where, **alice.form() | {"count": "3"}).told
    assert {s.split()[2] for s in o.states()} == {"open"}
    form = alice.form()
    alice.send(alice.where, **form | {"note": form["note"][:3], "count": "3"})
    assert alice.title == "3 notes enregistrées"
    assert [s.split()[2] for s in o.states()] == ["accepted"] * 3 + ["open"] * 3
    alice.send("/revue/annuler", **alice.form())
    assert {s.split()[2] for s in o.states()} == {"open"}
    # the whole rule, as a false alarm, with a reason
    alice.get(f"/revue/lot/{first}?kind=rule&action=dismiss")
    assert alice.page.count('name="note"') == 5
    assert (
        "indiquez pourquoi"
        in alice.send(alice.where, **alice.form() | {"count": "5", "dismiss-reason": ""}).told
    )
    alice.send(alice.where, **alice.form() | {"count": "5", "dismiss-words": "nos produits"})
    assert alice.title == "5 notes enregistrées"
    assert o.states()[-1] == "5 sante-soin open -"
    assert {r for (r,) in o.run("select reason from motjuste.finding where status = 'dismissed'")} == {
        "nos produits"
    }


def test_of_many_a_random_ten_come_first(o: Office) -> None:
    first, *_ = o.write(*[ONE] * 60)
    alice = o.client().get(f"/revue/lot/{first}")
    assert 'name="note"' not in alice.page
    blind = alice.send(
        f"/revue/lot/{first}", csrf=o.client().get("/essai").form()["csrf"], note=[str(first)], count="1"
    )
    assert blind.status == 409 and "regardez d’abord" in blind.told
    alice.get(f"/revue/lot/{first}")
    for n in range(1, 11):
        assert f"{n} sur 10" in alice.page
        alice.get(re.findall(r'data-key="a" href="([^"]+)"', alice.page)[0].replace("&amp;", "&"))
    assert alice.page.count('name="note"') == 60
    # what was looked at for one answer is none for another
    assert "1 sur 10" in o.client().get(alice.where.replace("action=accept", "action=mask")).page
    alice.send(alice.where, **alice.form() | {"count": "60"})
    assert alice.title == "60 notes enregistrées"


# -- two persons -------------------------------------------------------------------------------------------


def test_a_second_person_reads_without_knowing_the_first_answer(o: Office) -> None:
    o.write(ONE, TWO, ONE)
    alice = o.client().get("/revue")
    alice.answer("accept")
    ids = re.findall(r"choice-(\d+)", alice.page)
    alice.answer("accept", **{f"choice-{ids[-1]}": "dismiss"}, dismiss_reason="raison d'Alice")
    alice.answer("accept").answer("mask")
    assert alice.get("/relecture").title == "Rien à relire"  # nobody confirms their own
    bob = o.client(BOB).get("/relecture")
    assert "raison d" not in bob.page and ALICE not in bob.page
    bob.answer("accept")
    assert o.run("select second_reader, second_role from motjuste.decision where row_key ->> 'id' = '1'") == [
        (BOB, BOB)
    ]
    assert "raison d" not in bob.page
    bob.answer("accept")  # both findings, where Alice dismissed one
    bob.answer("accept")  # and rewritten, where she masked
    assert bob.title == "Rien à relire"
    assert o.run("select reader, role from motjuste.second_opinion") == [(BOB, BOB)] * 2
    # a plan that asks for a second reader has one note; each version is somebody else's to choose
    page = alice.get("/desaccords").page
    assert "2 désaccords" in page and "raison d" in page
    assert page.count(" disabled>Retenir") == 1
    number = re.findall(r"/desaccords/(\d+)", page)[0]
    csrf = alice.form()["csrf"]
    assert "Personne ne confirme" in alice.send(f"/desaccords/{number}", csrf=csrf, version="1").told
    alice.send(f"/desaccords/{number}", csrf=csrf, version="2")
    assert o.run("select reviewer, second_reader from motjuste.decision where row_key ->> 'id' = '2'") == [
        (BOB, ALICE)
    ]
    assert o.states()[1:3] == [f"2 sante-alcool accepted {BOB}", f"2 sante-soin accepted {BOB}"]
    number = re.findall(r"/desaccords/(\d+)", alice.page)[0]
    bob.get("/desaccords").send(f"/desaccords/{number}", csrf=bob.form()["csrf"], version="back")
    assert bob.title == "Aucun désaccord" and o.states()[3] == "3 sante-alcool open -"
    assert o.run("select count(*) from motjuste.second_opinion") == [(0,)]


def test_a_decision_that_changes_takes_the_second_opinion_along(o: Office) -> None:
    [first] = o.write(TWO)
    alice = o.client().get("/revue").answer("mask")
    o.client(BOB).get("/relecture").answer("accept")
    assert len(o.run("select from motjuste.second_opinion")) == 1
    alice.get(f"/revue/{first}")
    ids = re.findall(r"choice-(\d+)", alice.page)
    alice.answer("accept", **{f"choice-{i}": "accept" for i in ids}).answer("accept")
    assert not o.run("select from motjuste.second_opinion")
    o.client(BOB).get("/relecture").answer("accept")
    assert o.run("select second_reader from motjuste.decision") == [(BOB,)]


def test_after_a_new_key_the_second_reader_reads_again(o: Office) -> None:
    o.write(TWO)
    alice = o.client().get("/revue").answer("mask")
    o.client(BOB).get("/relecture").answer("accept")
    assert alice.get("/desaccords").title.startswith("1 désaccord")
    ran = CliRunner().invoke(motjuste, ["rekey"], env={"MOTJUSTE_DSN": o.dsn})
    assert ran.exit_code == 0, ran.output
    assert alice.get("/desaccords").title == "Aucun désaccord"
    bob = o.client(BOB).get("/relecture")
    ids = re.findall(r"choice-(\d+)", bob.page)
    bob.answer("mask", **{f"choice-{i}": "mask" for i in ids})
    assert o.run("select second_reader from motjuste.decision") == [(BOB,)]


def test_nobody_forges_a_second_opinion(o: Office) -> None:
    o.write(ONE)
    o.client().get("/revue").answer("accept")
    [(number,)] = o.run("select id from motjuste.decision")
    with pytest.raises(connection.DatabaseError, match="permission denied"), o.people.session(CAROL) as conn:
        conn.execute("select motjuste.differ(%s, '{}')", [number])
    with o.people.session(BOB) as conn:
        for statement in (
            "insert into motjuste.second_opinion values (1, '[]', '[]', null, 'x')",
            "delete from motjuste.reservation",
        ):
            with pytest.raises(Exception, match="permission denied"):
                conn.execute(statement.encode())
        assert conn.execute(
            "select motjuste.differ(%s, %s::jsonb)", [number, f'{{"reader": "{ALICE}"}}']
        ).fetchone() == ("own",)
        assert conn.execute("select motjuste.differ(0, '{}')").fetchone() == ("gone",)


# -- the rest of an officer's work -------------------------------------------------------------------------


def test_a_sample_is_drawn_and_marked_on_the_page(o: Office) -> None:
    o.write(*[ONE] * 3, "Rappeler mardi.", "Dossier complet.")
    o.run("truncate motjuste.sample cascade")
    alice = o.client().get("/controle")
    alice.send("/controle", **alice.form() | {"per": "column", "size": "30"})
    assert (
        o.run("select size, drawn_by from motjuste.sample") == [(30, ALICE)]
        and "<b>5</b> à lire sur 5" in alice.page
    )
    form = alice.form()
    assert (
        "Répondez aux trois questions"
        in alice.send(alice.where.split("?")[0], **form | {"action": "mark"}).told
    )
    said = {"objective": "oui", "relevant": "non", "clean": "non"}
    alice.send(alice.where.split("?")[0], **form | said | {"action": "mark"})
    # another person at the same note: what was said first stays
    bob = o.client(BOB).get("/controle")
    where = re.findall(r'href="(/controle/\d+)"', bob.page)[0]
    bob.get(where)
    late = bob.form() | {"number": form["number"], "action": "fine"}
    assert "sa réponse reste" in bob.send(where, **late).told and bob.status == 409
    while "restent" not in bob.get(where).title and 'name="number"' in bob.page:
        bob.send(where, **bob.form() | {"action": "fine"})
    assert bob.title.endswith("est lu") and ">5<" in bob.page and ">1<" in bob.page  # five read, one at fault
    marked = o.run(
        "select marked_by, objective, clean from motjuste.sample_note where number = %s", int(form["number"])
    )
    assert marked == [(ALICE, True, False)]
    assert "tirage" in o.client().get("/controle/999999").title
    o.run("truncate crm.client")
    assert (
        "Aucune note à tirer"
        in alice.get("/controle").send("/controle", **alice.form() | {"per": "team"}).told
    )


def test_what_no_form_of_ours_sends_is_answered(o: Office) -> None:
    """Numbers without end, a NUL, names that are not there: never an error of the desk's own, nor of the server's."""
    o.write(ONE)
    alice = o.client().get("/revue")
    form, note = alice.form(), alice.where
    for where in (
        "/revue/99999999999999999999", "/revue/lot/99999999999999999999", "/revue?rule=%00", "/revue/regle/%00", "/revue/filtres?certainty=x",
        "/revue/filtres?level=%00", "/controle/99999999999999999999", "/relecture/9223372036854775808",
    ):  # fmt: skip
        assert alice.get(where).status in (200, 404), where
    assert alice.send(note, **form | {"action": "dismiss", "dismiss-words": "a\0b"}).status == 404
    o.run("truncate motjuste.sample cascade")
    # a column whose type changed is left out
    o.run(
        "alter table crm.client add fiche jsonb; select motjuste.attach('crm.client', 'fiche', json_key => 'note'); alter table crm.client alter fiche type text"
    )
    alice.send("/controle", csrf=form["csrf"], per="nobody", size="9" * 30, since="2026-02-30")
    assert o.run("select per, size from motjuste.sample") == [("column", 1000)]
    o.run("select motjuste.detach('crm.client', 'fiche', 'note'); alter table crm.client drop fiche")


def test_a_request_has_its_copy_for_the_person_and_its_proof_for_the_file(o: Office) -> None:
    o.write(ONE, "Rappeler mardi.")
    o.run("truncate motjuste.request")
    alice = o.client().get("/demandes")
    new = alice.form() | {"table": "crm.client", "key": "1"}
    assert "n’a pas été trouvée" in alice.send("/demandes", **new | {"key": "77"}).told
    assert "à venir" in alice.send("/demandes", **new | {"received": "2999-01-01"}).told
    old = date.today() - timedelta(40)
    alice.send("/demandes", **new | {"received": old.isoformat()})
    assert "à répondre, en retard" in alice.page and "Prolonger" not in alice.page
    alice.send("/demandes", **new | {"key": "2"})
    (first,), (second,) = o.run("select id from motjuste.request order by received")
    csrf = alice.form()["csrf"]
    assert "Indiquez le motif" in alice.send(f"/demandes/{second}/prolonger", csrf=csrf).told
    alice.send(f"/demandes/{second}/prolonger", csrf=csrf, reason="archives à relire")
    assert "prolongée : archives à relire" in alice.page
    assert (
        "ne peut pas être prolongée"
        in alice.send(f"/demandes/{second}/prolonger", csrf=csrf, reason="encore").told
    )
    answer = alice._send("POST", f"/demandes/{first}/preuve", {"csrf": csrf})
    proof = answer.get_data(as_text=True)
    assert "Tables examinées" in proof and "alcoolique" not in proof
    assert o.run("select complete from motjuste.request where id = %s", first) == [
        (None,)
    ]  # a proof answers nobody
    answer = alice._send("POST", f"/demandes/{first}/copie", {"csrf": csrf, "mask": "oui"})
    copy = answer.get_data(as_text=True)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="demande-{first}-copie.html"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert (
        "Client alcoolique" in copy
        and "Preuve" not in copy
        and "<sup>" not in copy
        and "Tables examinées" not in copy
    )
    assert "Rappeler mardi" not in copy  # another person's
    assert "Ce que l’outil de contrôle conserve lui-même" in copy  # what we keep of her is hers as well
    told = o.run(
        "select recorded_by, answered_by, complete, notes from motjuste.request where id = %s", first
    )
    assert told == [(ALICE, ALICE, True, 1)]
    assert "répondue" in alice.get("/demandes").page
    assert alice._send("POST", f"/demandes/{first}/autre", {"csrf": csrf}).status_code == 404


def test_the_state_says_first_what_to_do(o: Office) -> None:
    o.write(ONE, "Il est en cure.")
    page = o.client().get("/etat").page
    assert "À traiter sans attendre" in page
    steps = re.findall(r"<li>(.*?)\s*</li>", page[page.index("avant-tout") :], re.DOTALL)
    assert [
        "jamais" in steps[0],
        "1 passage de niveau bloquant" in steps[1],
        "1 passage à surveiller" in steps[-1],
    ] == [True] * 3
    assert "alcoolique" not in page
    assert "2 passages relevés sont encore dans les commentaires, dont 1 de niveau bloquant." in page
    o.client().get("/revue").answer("accept")
    page = o.client().get("/etat").page
    said = "2 passages relevés sont encore dans les commentaires (1 à revoir, 1 décidé à appliquer), dont 1 de niveau bloquant."
    assert said in page


def test_the_state_says_what_changed_since_an_earlier_report(o: Office) -> None:
    desk = o.app.extensions["desk"]
    o.write(ONE)
    with connection.connect(o.dsn) as conn:
        labels = {c.code: c.label for c in desk.pack.categories.values()}
        before = json.loads(json.dumps(evidence.summary(stored.read(conn, desk.config), labels)))
    o.write(ONE, ONE, ONE)
    desk.before = before
    page = o.client().get("/etat").page
    desk.before = None
    since = page[page.index("Depuis le rapport du") :]
    row = re.search(r"constats à traiter</t[hd]>.*?</tr>", since, re.DOTALL)
    assert row and re.findall(r">(\d+)<", row[0]) == ["1", "3"], since[:1500]
    assert "Depuis le rapport" not in o.client().get("/etat").page


# -- what goes wrong ---------------------------------------------------------------------------------------


def test_lost_rights_and_a_lost_server(o: Office) -> None:
    [first] = o.write(ONE)
    page = o.client().get("/revue")
    o.run(f"revoke select on crm.client from {ALICE}")
    assert "ne peut pas lire" in o.client().get(f"/revue/{first}").told
    assert page.answer("accept").status == 200 and o.states() == ["1 sante-alcool open -"]
    o.run(f"grant select on crm.client to {ALICE}")
    o.run(f"revoke execute on function motjuste.decide(jsonb) from {ALICE}")
    page = o.client().get("/revue")
    assert page.answer("accept").title == "Droit insuffisant" and page.status == 403
    o.run(f"select motjuste.grant_officer('{ALICE}')")
    assert o.client(CAROL).get("/revue").title == "Droit insuffisant"  # no officer
    page = o.client().get("/revue")
    o.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mj_desk'")
    assert page.answer("accept").status == 200 and o.states() == [f"1 sante-alcool accepted {ALICE}"]
    o.app.extensions["desk"].people, kept = People("host=/nowhere"), o.people
    lost = o.client().get("/plan")
    assert (lost.status, lost.title) == (503, "La base ne répond pas")
    assert o.client().get("/essai").status == 200  # needs none
    o.app.extensions["desk"].people = kept
    assert o.client().get("/plan").status == 200


def test_nothing_of_a_note_is_in_an_address_or_a_log(
    o: Office, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = "Zxqv alcoolique"
    [first] = o.write(f"{marker}. Rappeler lundi.")
    alice = o.client()

    def broken(*_: object, **__: object) -> None:
        raise ValueError(marker)

    with monkeypatch.context() as patch:
        patch.setattr(reviewing, "read", broken)
        assert alice.get(f"/revue/{first}").title == "Erreur" and marker not in alice.page
    assert alice.get(f"/revue/{first}").form()["text"] == "Rappeler lundi."
    for _ in range(2):
        alice.answer("accept", text=marker)
        assert "Zxqv" not in alice.where
    out, err = capfd.readouterr()
    assert "Zxqv" not in out + err and "motjuste: ValueError at " in err


def test_the_practice_ground_stores_nothing(o: Office) -> None:
    o.write(ONE)
    before = o.run("select count(*) from motjuste.finding")
    alice = o.client().get("/essai")
    alice.send("/essai", **alice.form() | {"note": "Client alcoolique, <b>rappeler</b>."})
    assert "alcoolique</mark>" in alice.page and "&lt;b&gt;" in alice.page and "<b>rappeler" not in alice.page
    assert "Rien à signaler" in alice.send("/essai", **alice.form() | {"note": "Rappeler lundi."}).page
    assert o.run("select count(*) from motjuste.finding") == before
