"""The page in a real browser, as somebody uses it: add, test, start, watch, see it fail and why, repair, re-sync."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.credentials import Credentials, page_token
from fivetran_local.connections import Connections, NewConnection
from fivetran_local.events import EventLog
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.server import Server, build, listen, url_of
from fivetran_local.warehouse import Warehouse
from tests.support.browser import is_fit_to_use
from tests.support.function_over_http import FunctionOverHttp, function_over_http
from tests.support.local_fivetran import ROOT, Running, local_fivetran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECRET = "key-which-nobody-sees-again"


@pytest.fixture
def function() -> Iterator[FunctionOverHttp]:
    with function_over_http(pages=4, rows=25) as running:
        yield running


@pytest.fixture
def running(tmp_path) -> Iterator[Running]:
    with local_fivetran(tmp_path) as served:
        yield served


@pytest.fixture
def page(context: BrowserContext, running: Running) -> Iterator[Page]:
    made = context.new_page()
    made.goto(f"{running.url}/?token={page_token(running.credentials)}")
    expect(made).to_have_url(f"{running.url}/")
    yield made
    made.close()  # before the server that it listens to


def test_a_connection_is_added_watched_broken_repaired_and_synced_anew(page, running, function):
    expect(page.get_by_role("heading", name="No connections yet")).to_be_visible()
    is_fit_to_use(page)
    add(page, function)
    expect(page.get_by_role("heading", name="Choose what is loaded")).to_be_visible()
    expect(page.get_by_label("Setup tests").get_by_text("passed")).to_have_count(2)
    is_fit_to_use(page)
    page.get_by_label("columns are loaded, tables are not").check()
    page.get_by_role("button", name="Continue").click()

    function.held_from = 2
    page.get_by_role("button", name="Start initial sync").click()
    expect(page.get_by_role("heading", name="The initial sync is under way")).to_be_visible()
    assert function.reached.acquire(timeout=10)
    expect(fact(page, "Calls")).to_have_text(re.compile("[12]"))
    expect(fact(page, "Rows received")).to_have_text(re.compile("25|50"))
    is_fit_to_use(page)
    page.reload()  # the flow goes on where it was
    expect(page.get_by_role("heading", name="The initial sync is under way")).to_be_visible()
    page.get_by_role("link", name="Each call").click()
    expect(page.get_by_role("group", name="Table of calls").get_by_role("row").nth(1)).to_contain_text("25")
    is_fit_to_use(page)
    page.go_back()
    function.held_from = None
    function.release.set()
    expect(page.get_by_role("heading", name="Done: the connection is set up")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("numbers 100 100"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Monthly active rows 100"))).to_be_visible()
    is_fit_to_use(page)

    page.get_by_role("link", name="Go to the connection").click()
    expect(page.locator("h1 + .badge")).to_have_text("Active")
    function.failing = (
        500,
        {"errorMessage": f"<b>the source</b> refuses {SECRET}", "errorType": "E", "stackTrace": []},
    )
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("h1 + .badge")).to_have_text("Failing")
    task = page.get_by_role("group", name="Task")
    expect(task).to_contain_text("<b>the source</b> refuses")
    assert SECRET not in page.content()
    expect(page.get_by_role("group", name="Table of syncs").get_by_role("row")).to_have_count(3)
    expect(page.locator("#announcement")).to_contain_text("the last sync failed")
    is_fit_to_use(page)

    function.failing, function.numbers_from = None, 10
    page.get_by_role("link", name="Re-sync").click()
    is_fit_to_use(page)
    page.get_by_role("button", name="Re-sync everything").click()
    expect(page.locator("h1 + .badge")).to_have_text("Active")
    expect(page.get_by_role("group", name="Task")).to_have_count(0)
    latest = page.get_by_role("group", name="Table of syncs").get_by_role("row").nth(1)
    expect(latest).to_have_accessible_name(re.compile("succeeded 90 10 4"))
    assert running.local.connections.warehouse(only(running).id).row_counts("numbers_of_mine") == {"numbers": 90}


def test_every_page_of_a_connection_is_fit_to_use(page, running, function):
    add(page, function)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start initial sync").click()
    page.get_by_role("link", name="Go to the connection").click()
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        for name in ("Schema", "Log", "State", "Settings", "Overview"):
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")
            is_fit_to_use(page)
            assert SECRET not in page.content()
        for path in ("resync", "delete"):
            page.goto(f"{running.url}/connections/{only(running).id}/{path}")
            is_fit_to_use(page)
        for path in ("/", "/connections/new", "/connections/new/google_cloud_function", "/connections/nowhere"):
            page.goto(running.url + path)
            is_fit_to_use(page)
        page.goto(f"{running.url}/connections/{only(running).id}")


def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_field(page, function):
    page.get_by_role("link", name="Add the first one").click()
    page.get_by_role("link", name="Google Cloud Functions").click()
    page.get_by_label("Destination schema").fill("Not a name!")
    page.get_by_label("Trigger URL").fill(function.url)
    fill_pair(page, "Secrets", 1, "api_key", SECRET)
    page.get_by_role("button", name="Save & Test").click()
    field = page.get_by_label("Destination schema")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Not a name!"))
    expect(page.get_by_label("Value 1 of Secrets")).to_have_value(SECRET)
    is_fit_to_use(page)
    field.fill("good_name")
    page.get_by_role("button", name="Save & Test").click()
    expect(page.get_by_role("heading", name="Choose what is loaded")).to_be_visible()


def test_the_whole_set_up_goes_by_keyboard_alone(page, function):
    go_by_keyboard(page, "link", "Add the first one")
    go_by_keyboard(page, "link", "Google Cloud Functions")
    expect(page.get_by_role("heading", name="Google Cloud Functions")).to_be_visible()
    for name, text in (
        ("Destination schema", "by_keyboard"),
        ("Trigger URL", function.url),
        ("Key 1 of Secrets", "api_key"),
        ("Value 1 of Secrets", SECRET),
    ):
        tab_to(page, "textbox|combobox", name)
        page.keyboard.type(text)
    go_by_keyboard(page, "button", "Add a row to Custom payloads")
    page.keyboard.type("place")
    go_by_keyboard(page, "button", "Save & Test")
    go_by_keyboard(page, "button", "Continue")
    go_by_keyboard(page, "button", "Start initial sync")
    go_by_keyboard(page, "link", "Go to the connection")
    expect(page.locator("h1 + .badge")).to_have_text("Active")


def test_somebody_else_fills_the_form_in_and_the_page_goes_on_by_itself(page, context, function):
    page.get_by_role("link", name="Add the first one").click()
    page.get_by_role("link", name="Google Cloud Functions").click()
    page.get_by_label("Destination schema").fill("by_another")
    page.get_by_role("button", name="Let somebody else fill this in").click()
    page.get_by_role("button", name="Make a link for somebody else").click()
    is_fit_to_use(page)
    link = page.get_by_label("Link", exact=True).input_value()
    page.get_by_role("link", name="Back to the set-up").click()
    expect(page.get_by_role("heading", name="The function's address is missing")).to_be_visible()

    other = context.browser.new_context(viewport=page.viewport_size).new_page()
    other.goto(link)
    is_fit_to_use(other)
    other.get_by_label("Trigger URL").fill(function.url)
    fill_pair(other, "Secrets", 1, "api_key", SECRET)
    function.failing = (401, {"errorMessage": "it is the wrong key", "errorType": "KeyError", "stackTrace": []})
    other.get_by_role("button", name="Save & Test").click()
    expect(other.get_by_role("alert")).to_contain_text("it is the wrong key")
    expect(page.get_by_role("heading", name="The test did not pass")).to_be_visible()
    function.failing = None
    other.get_by_role("button", name="Save & Test").click()
    expect(other.get_by_role("heading", name="Connected")).to_be_visible()
    other.context.close()
    expect(page.get_by_role("heading", name="Choose what is loaded")).to_be_visible()


def test_the_page_goes_on_when_the_server_is_back(context, tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse.db")
    with (
        AccountStore(tmp_path / "account") as store,
        Connections(store, warehouse_of=lambda _: warehouse, events=EventLog(tmp_path / "logs")) as connections,
    ):
        with listen(0) as listening:
            url, port = url_of(listening), listening.getsockname()[1]
            local = LocalFivetran(connections, Credentials("key", "secret"), url)
            with serving(local, listening):
                page = context.new_page()
                page.goto(f"{url}/?token={page_token(local.credentials)}")
                expect(page.get_by_role("heading", name="No connections yet")).to_be_visible()
                expect(page.get_by_text("The server does not answer")).to_be_hidden()
        expect(page.get_by_text("The server does not answer")).to_be_visible()
        group = next(iter(store.account.groups))
        new = NewConnection(
            group_id=group, service="google_cloud_function", config={"schema": "meanwhile"}, settings={},
            run_setup_tests=False,
        )  # fmt: skip
        connections.create(new)
        with listen(port) as listening, serving(local, listening):
            expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
            expect(page.get_by_text("The server does not answer")).to_be_hidden()
            page.close()


@contextmanager
def serving(local: LocalFivetran, listening: socket.socket) -> Iterator[None]:
    started = threading.Event()
    server = Server(build(local, services_file=ROOT / "services.yaml"), started.set)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        server.end()
        thread.join(10)
        assert not thread.is_alive()


def add(page: Page, function: FunctionOverHttp) -> None:
    """Add a connection to a function, and leave the test of it behind."""
    page.get_by_role("link", name=re.compile("Add")).first.click()
    page.get_by_role("link", name="Google Cloud Functions").click()
    is_fit_to_use(page)
    page.get_by_label("Destination schema").fill("numbers_of_mine")
    page.get_by_label("Trigger URL").fill(function.url)
    fill_pair(page, "Secrets", 1, "api_key", SECRET)
    page.get_by_role("button", name="Add a row to Secrets").click()
    fill_pair(page, "Secrets", 2, "other", "second-secret-value")
    fill_pair(page, "Custom payloads", 1, "place", "here")
    page.get_by_role("button", name="Save & Test").click()
    page.wait_for_url("**/setup*")
    assert function.requests[0]["secrets"] == {"api_key": SECRET, "other": "second-secret-value"}
    assert function.requests[0]["customPayload"] == {"place": "here"}


def fill_pair(page: Page, name: str, row: int, key: str, value: str) -> None:
    page.get_by_label(f"Key {row} of {name}").fill(key)
    page.get_by_label(f"Value {row} of {name}").fill(value)


def fact(page: Page, name: str):
    """Return the number under a name."""
    return page.locator(".facts div", has_text=name).locator("dd").first


def only(running: Running):
    (view,) = running.local.connections.all()
    return view.settings


def tab_to(page: Page, roles: str, name: str) -> None:
    """Press Tab until a control has the focus, and see that the focus can be seen."""
    page.locator("html[data-ready]").wait_for()
    wanted = page.get_by_role(roles.split("|", maxsplit=1)[0], name=name, exact=True)
    for role in roles.split("|")[1:]:
        wanted = wanted.or_(page.get_by_role(role, name=name, exact=True))
    wanted = wanted.or_(page.get_by_label(name, exact=True)).first
    wanted.wait_for()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            outline = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"nobody sees the focus on {name}"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")


def go_by_keyboard(page: Page, role: str, name: str) -> None:
    tab_to(page, role, name)
    page.keyboard.press("Enter")
