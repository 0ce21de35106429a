"""The officer's desk in a browser: a review by keyboard alone, two persons, tabs, back and reload; what axe says; what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import pytest

import browser
from conftest import Cluster
from desk import ALICE, BOB, ONE, PROOF, TWO, Office, listening, office

pytestmark = pytest.mark.first_server  # says nothing of a server's version
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def o(cluster: Cluster) -> Iterator[Office]:
    with office(cluster) as made:
        yield made


@pytest.fixture(scope="module")
def at(o: Office) -> Iterator[str]:
    with listening(o) as address:
        yield address


class Seat:
    """A person's browser: what its pages wrote to the console, and every address that they asked for."""

    def __init__(self, chromium: Any, at: str, who: str, **options: Any) -> None:
        headers = {"X-Motjuste-Proxy": PROOF, "Remote-User": who}
        self.at = at
        self.context = chromium.new_context(extra_http_headers=headers, locale="fr-FR", **options)
        self.console: list[str] = []
        self.asked: list[str] = []
        self.context.on("console", lambda m: self.console.append(f"{m.type}: {m.text}"))
        self.context.on("weberror", lambda e: self.console.append(f"error: {e.error}"))
        self.context.on("request", lambda r: self.asked.append(r.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)  # machines are shared

    def open(self, where: str) -> Any:
        self.page.goto(self.at + where)
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys, one after the other; the last one leads to another page."""
        for key in keys[:-1]:
            self.page.keyboard.press(key)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press(keys[-1])

    @property
    def title(self) -> str:
        return " ".join(str(self.page.locator("h1").first.inner_text()).split())


@pytest.fixture
def seat(chromium: Any, at: str) -> Iterator[Callable[..., Seat]]:
    """Opens browsers of persons, which are closed in the end; nothing asked for leaves, nothing is logged."""
    made: list[Seat] = []

    def sit(who: str = ALICE, **options: Any) -> Seat:
        made.append(Seat(chromium, at, who, **options))
        return made[-1]

    yield sit
    for one in made:
        assert {url for url in one.asked if not url.startswith(at)} == set()
        one.context.close()


def test_fifty_notes_by_keyboard_alone(o: Office, seat: Callable[..., Seat]) -> None:
    o.write(*[TWO if n % 5 == 4 else f"Dossier {n}. {ONE}" for n in range(50)])
    alice = seat()
    alice.open("/revue")
    dismissed = False
    for n in range(50):
        match n % 5:
            case 0:
                alice.press("a")
            case 1:
                alice.press("m")
            case 2 if not dismissed:  # a reason from the list, by arrow; Enter sends it
                alice.press("d", "ArrowDown", "Enter")
                dismissed = True
            case 2:  # Enter repeats it
                alice.press("d", "Enter")
            case 3:  # typed, checked while typing
                alice.page.keyboard.press("e")
                alice.page.keyboard.press("Control+a")
                alice.page.keyboard.type("Encore alcoolique.")
                alice.page.get_by_text("contient encore").wait_for()
                alice.page.keyboard.press("Control+a")
                alice.page.keyboard.type("Rappeler.")
                alice.press("Control+Enter")
            case 4:  # the second passage is a false alarm, which the proposal follows; its reason is that of the last
                alice.page.keyboard.press("2")
                alice.page.keyboard.press("2")
                assert alice.page.locator("#passage-2 input:checked").get_attribute("value") == "dismiss"
                alice.press("a")
                assert alice.page.get_by_role("alert").all_inner_texts() == []
    assert alice.title == "Il ne reste rien à revoir"
    states = [s.split()[1:] for s in o.states()]
    assert len(states) == 60 and {s[-1] for s in states} == {ALICE}
    assert [s[1] for s in states if s[0] == "sante-soin"] == ["dismissed"] * 10
    assert sum(s[1] == "dismissed" for s in states) == 20
    assert len({r for (r,) in o.run("select reason from motjuste.finding where status = 'dismissed'")}) == 1
    edits = dict(o.run("select (row_key ->> 'id')::int, edits::text from motjuste.decision"))
    assert len(edits) == 40 and "alcoolique" not in str(edits)
    # what comes after: the plan, by key; and one step back, by key
    alice.press("n")
    assert alice.title == "Ce qui va changer" and "40 notes seront modifiées" in alice.page.content()
    alice.open("/revue")
    alice.press("u")
    assert o.states()[-2:] == ["50 sante-alcool open -", "50 sante-soin open -"]
    alice.press("x")
    assert o.states()[-1] == f"50 sante-soin accepted {ALICE}"
    assert alice.console == []


def test_back_reload_two_tabs_two_persons_and_a_lost_server(
    o: Office, at: str, seat: Callable[..., Seat]
) -> None:
    marker = "Zxqv"
    first, *_ = o.write(*[f"{marker} alcoolique. Rappeler lundi."] * 6)
    alice = seat()
    page = alice.open(f"/revue/{first}")
    alice.press("a")
    second = page.url
    page.go_back()
    assert page.url.endswith(f"/revue/{first}")
    assert page.locator("input[name=seen]").get_attribute("value") != ""  # not the page of before
    page.reload()
    assert page.locator("textarea").input_value() == "Rappeler lundi."
    page.go_forward()
    assert page.url == second
    # another tab answers the same note: the first is told, and nothing is overruled
    tab = alice.context.new_page()
    tab.goto(second)
    tab.keyboard.press("m")
    tab.wait_for_url(lambda url: url != second)
    alice.press("x")
    assert "accepté de corriger" in page.get_by_role("alert").inner_text()
    assert [s.split()[2] for s in o.states()[:3]] == ["accepted", "accepted", "open"]
    # another person has other notes before her; she decides otherwise as the second, and a version is chosen
    bob = seat(BOB)
    bob.open("/revue")
    assert bob.page.url != tab.url
    bob.open("/relecture")
    bob.press("a")
    bob.press("d", "ArrowDown", "Enter")
    assert bob.title == "Rien à relire"
    alice.open("/desaccords")
    assert alice.page.get_by_role("button", name="Retenir").first.is_disabled()
    alice.press("2")
    assert alice.title == "Aucun désaccord"
    assert o.states()[1].endswith(f"dismissed {BOB}") and [s.split()[2] for s in o.states()[:1]] == [
        "accepted"
    ]
    # a note that changes while somebody looks at it
    page = alice.open("/revue")
    o.run("update crm.client set note = 'Tout va bien.'")
    alice.press("a")
    assert "accepted mj_alice" not in " ".join(o.states()[2:])
    # the server goes: what is typed stays, and is said to be unchecked; it comes back
    o.write(f"{marker} alcoolique. Rappeler lundi.")
    page = alice.open("/revue")
    o.guard.hosts, hosts = frozenset(), o.guard.hosts
    page.keyboard.press("e")
    page.keyboard.type("x")
    page.get_by_text("Le bureau n’a pas répondu").wait_for()
    o.guard.hosts = hosts
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Backspace")
    page.locator(".lost").wait_for(state="detached")
    alice.press("Control+Enter")
    assert o.states() == [f"1 sante-alcool accepted {ALICE}"]
    # nothing of a note is left in the browser, in addresses or in titles
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.title.includes('Zxqv')]") == [
        0,
        0,
        False,
    ]
    assert page.evaluate("caches.keys()") == []
    assert not [url for url in alice.asked + bob.asked if marker in url or "alcoolique" in url]


def test_every_page_is_accessible_light_and_dark_narrow_and_wide(
    o: Office, seat: Callable[..., Seat]
) -> None:
    """With what its buttons open; and it fits a telephone."""
    first, *_ = o.write(TWO, ONE, ONE, TWO, *[ONE] * 60)
    alice, bob = seat(viewport={"width": 1280, "height": 900}), seat(BOB)
    for person in (alice, bob):
        person.open(f"/revue/{first}")
    alice.press("a")
    last = o.run("select max(id) from motjuste.finding")[0][0]
    bob.open(f"/revue/{last}")
    bob.press("a")
    second = alice.open("/relecture").url
    alice.press("d", "ArrowDown", "Enter")
    alice.open("/revue")
    alice.open("/controle").get_by_role("button", name="Tirer").click()
    alice.page.wait_for_url("**/controle/*")
    alice.press("o")
    sample = alice.page.url
    alice.open("/demandes")
    alice.page.fill("[name=table]", "crm.client")
    alice.page.fill("[name=key]", "1")
    alice.page.get_by_role("button", name="Inscrire").click()
    alice.page.get_by_text("à répondre avant").wait_for()
    third = first + 3
    where = [
        "/revue", f"/revue/{first}", "/revue/filtres?level=block", f"/revue/lot/{third}", f"/revue/lot/{first + 1}?kind=proposal&action=dismiss",
        "/revue/regle/sante-alcool", "/revue/fin", "/relecture", second, "/desaccords", "/plan", "/etat", "/controle", sample, "/demandes", "/essai", "/nulle-part",
    ]  # fmt: skip
    narrow = seat(viewport={"width": 360, "height": 740}, color_scheme="dark")
    found = []
    for person in (alice, narrow):
        for path in where:
            page = person.open(re.sub(r"^https?://[^/]+", "", path))
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.evaluate(AXE)
            found += [(path, person is narrow, v) for v in page.evaluate(browser.AXE)]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.locator("html[lang=fr]").count() == 1 and page.title().endswith("– motjuste")
            assert page.locator(".brand").inner_text() == "motjuste", path  # or the name of a demonstration
    assert found == []
    assert {line for line in narrow.console if "404" not in line} == set()
