"""A planner in a browser: signs in, picks with the keyboard, finds the list again, is told of the changes of others."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from api import passwords
from api.accounts import Accounts
from geo import shortlists
from geo.disclosure import PLANNER
from geo.people import Role
from geo.shortlists import Shortlist
from geo.store import Store
from tests.api.conftest import served

PASSWORD = "jalan-ke-kampung"


@pytest.fixture
def database(copied: Callable[[], str]) -> str:
    return copied()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    for name, role in (("perencana.uji", Role.PERENCANA), ("pimpinan.uji", Role.PIMPINAN)):
        store.people.add(name, role, passwords.hashed(PASSWORD), by="uji", at=datetime.now(UTC))
    yield store
    store.close()


@pytest.fixture
def address(database: str, store: Store) -> Iterator[str]:
    with served(database) as client:
        yield str(client.base_url)


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Sign somebody in through the page, and wait for the map."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # What the browser says of a change that came too late, and of a hand that is quicker than its focus.
        if "412" not in message.text and not message.text.startswith("Autofocus"):
            faults.append(message.text)

    def visited(name: str, *, bypass_csp: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": 1400, "height": 900},
            locale="id-ID",
            reduced_motion="reduce",
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", heard)
        page.goto(address)
        page.get_by_role("link", name="Masuk").click()
        page.get_by_label("Nama akun").fill(name)
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.get_by_role("button", name="Masuk").click()
        page.locator("#person", has_text=name).wait_for()
        return page

    yield visited
    for context in contexts:
        context.close()
    assert faults == []


def pick(page: Page, reason: str) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press("p")
    page.get_by_label("Alasan", exact=True).fill(reason)
    page.get_by_role("button", name="Simpan").click()
    page.locator("#shortlist-said", has_text="tersimpan").wait_for()


def test_a_planner_picks_with_the_keyboard_and_finds_it_again(
    visit: Callable[..., Page], store: Store
) -> None:
    page = visit("perencana.uji")
    page.locator("#ranking").focus()
    for reason in ("rawan longsor", "jauh dari puskesmas"):
        pick(page, reason)
        page.locator("#ranking").focus()
    expect(page.locator("#ranking .ticked:visible")).to_have_count(2)
    run = store.resolve("latest")
    kept = store.shortlists.of_run(run)[0]
    assert (kept.owner, kept.level, len(kept.items)) == ("perencana.uji", "kelurahan", 2)
    assert [item.reason for item in kept.items] == ["rawan longsor", "jauh dari puskesmas"]

    page.reload()
    page.locator("#shortlist-title", has_text="2 tempat").wait_for()
    page.locator("#shortlist-title").click()
    assert page.locator(".picks li").count() == 2
    assert "rawan longsor" in page.locator(".picks li").first.inner_text()
    assert "perencana.uji" in page.locator(".picks li").first.inner_text()

    page.locator(".picks li").first.get_by_role("button", name="Turunkan").click()
    page.locator(".picks li:first-child .why", has_text="jauh").wait_for()
    assert store.shortlists.of_run(run)[0].items[0].reason == "jauh dari puskesmas"

    page.locator("#ranking").focus()
    page.keyboard.press("Home")
    page.keyboard.press("p")
    page.locator("#shortlist-said", has_text="dilepas").wait_for()
    assert len(store.shortlists.of_run(run)[0].items) == 1


def test_the_change_of_another_is_read_before_ones_own(
    visit: Callable[..., Page], store: Store, address: str
) -> None:
    page = visit("perencana.uji")
    page.locator("#ranking").focus()
    page.keyboard.press("End")
    pick(page, "pertama")
    kept = store.shortlists.of_run(store.resolve("latest"))[0]
    _, secret = Accounts(store).add_app_password("perencana.uji", "uji", by="uji")
    elsewhere = httpx.patch(
        f"{address}/api/v1/shortlists/{kept.id}",
        json={"title": "Diubah di tempat lain"},
        headers={"If-Match": f'"{kept.version}"'},
        auth=("perencana.uji", secret),
    )
    assert elsewhere.status_code == 200
    page.locator("#ranking").focus()
    page.keyboard.press("p")
    page.locator("#shortlist-said", has_text="dimuat ulang").wait_for()
    page.locator("#shortlist-title").click()
    assert page.locator("#shortlist-name").input_value() == "Diubah di tempat lain"


def test_a_leader_decides_and_nothing_changes_after(visit: Callable[..., Page], store: Store) -> None:
    run, now = store.resolve("latest"), datetime.now(UTC)
    drafted = Shortlist("draf", run, "kelurahan", "Prioritas", "perencana.uji", 1, now, now)
    first = store.published(run, PLANNER).levels["kelurahan"].table["code"][0]
    store.shortlists.add(shortlists.pick(drafted, first, reason="", by="perencana.uji", at=now))
    page = visit("pimpinan.uji")
    page.locator("#shortlist-title", has_text="1 tempat").wait_for()
    page.locator("#shortlist-title").click()
    assert page.locator(".tools").count() == 0
    page.get_by_role("button", name="Tetapkan").click()
    for label, text in (
        ("Nomor keputusan", "050/12/2026"),
        ("Tanggal", "2026-12-01"),
        ("Tentang", "Lokasi prioritas 2027"),
        ("Nama penanda tangan", "N. N."),
        ("Jabatan", "Kepala Bappeda"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.locator("#picking").get_by_role("button", name="Tetapkan").click()
    page.locator(".decree", has_text="050/12/2026").wait_for()
    assert store.shortlists.of_run(store.resolve("latest"))[0].is_frozen
    assert page.get_by_role("button", name="Tetapkan").count() == 0

    page.get_by_role("button", name="Lampiran Keputusan (DOCX)").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Simpan DOCX").click()
    assert saved.value.suggested_filename.endswith("-lampiran-draf.docx")


def test_two_people_publish_on_the_page(visit: Callable[..., Page], store: Store) -> None:
    run = store.resolve("latest")
    leader = visit("pimpinan.uji")
    leader.locator("#publication-state", has_text="Diterbitkan").click()
    leader.get_by_role("button", name="Tarik").click()
    leader.locator("#publication-state", has_text="Ditarik").wait_for()
    planner = visit_again(leader, "perencana.uji", run)
    planner.locator("#publication-state", has_text="Ditarik").click()
    planner.get_by_role("button", name="Usulkan terbit").click()
    planner.locator("#publication-state", has_text="Diusulkan").wait_for()
    assert planner.get_by_role("button", name="Setujui").count() == 0
    leader = visit_again(planner, "pimpinan.uji", run)
    leader.locator("#publication-state", has_text="Diusulkan").click()
    leader.get_by_role("button", name="Setujui dan terbitkan").click()
    leader.locator("#publication-body", has_text="Disetujui pimpinan.uji").wait_for()
    assert store.publications.of(run).is_public


def visit_again(page: Page, name: str, run: str) -> Page:
    """Sign out on the page, and sign somebody else in."""
    page.get_by_role("button", name="Keluar").click()
    page.goto(urljoin(page.url, f"/masuk?ke=/runs/{run}"))
    page.get_by_label("Nama akun").fill(name)
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.locator("#person", has_text=name).wait_for()
    return page


def test_the_pages_of_people_and_picks_are_open_to_everybody(
    address: str, visit: Callable[..., Page]
) -> None:
    """No violation that axe knows: sign-in, account, and the map with an open shortlist and its dialog."""
    page = visit("perencana.uji", bypass_csp=True)
    page.locator("#ranking").focus()
    page.keyboard.press("ArrowDown")
    pick(page, "untuk dilihat")
    page.locator("#shortlist-title").click()
    clear(page)
    page.locator("#ranking").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("p")
    page.get_by_label("Alasan", exact=True).wait_for()
    clear(page)
    for path in ("/akun", "/masuk"):
        page.goto(address + path)
        clear(page)


def clear(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
