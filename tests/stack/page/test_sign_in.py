"""Signing in by token or link, signing out, and what ends a session."""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
from playwright.sync_api import Page, Request, Route, expect

from tests.names import unique
from tests.running import ROOT, migrate, running_api
from tests.signed_in import TOKEN, http
from tests.stack.page.steps import token, visit
from tests.stack.stacks import Stack
from tests.system import System
from tests.wire import wire

Open = Callable[[str | None], Page]


def sign_in_by_hand(page: Page, secret: str) -> None:
    page.get_by_label("Token", exact=True).fill(secret)
    page.get_by_role("button", name="Sign in").click()


def link(stack: Stack, secret: str = TOKEN) -> str:
    """The code of a sign-in link."""
    answer = http.post(f"{stack.system.url}/api/session/link", headers={"Authorization": f"Bearer {secret}"})
    code: str = answer.raise_for_status().json()["url"].partition("/sign-in#")[2]
    return code


def remembered(page: Page) -> str:
    """Everything that scripts of the page can read from the browser's storage and the document."""
    kept: str = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state,"
        " document.documentElement.outerHTML])"
    )
    return kept


def test_signing_in_leads_to_the_requested_page(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    page.goto(f"{stack.page}/jobs?q=state:dead")
    expect(page).to_have_url(f"{stack.page}/sign-in?to=%2Fjobs%3Fq%3Dstate%3Adead")
    expect(page).to_have_title("Sign in · QueueCTL")
    sign_in_by_hand(page, f"  {TOKEN}\n")
    expect(page).to_have_url(f"{stack.page}/jobs?q=state:dead")
    expect(page.get_by_role("combobox", name="Search jobs")).to_have_value("state:dead")


def test_the_token_is_in_no_url_and_is_not_stored(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(stack.page)
    sign_in_by_hand(page, TOKEN)
    page.get_by_text("Live", exact=True).wait_for()
    assert TOKEN not in remembered(page)
    assert [request.url for request in asked if TOKEN in request.url] == []
    carrying = [request.url for request in asked if TOKEN in (request.post_data or "")]
    assert carrying == [f"{stack.page}/api/session"]


def test_an_invalid_token_is_rejected(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    page.goto(f"{stack.page}/sign-in")
    sign_in_by_hand(page, "queuectl_wrong")
    expect(page.get_by_role("alert")).to_contain_text("Invalid token")
    expect(page).to_have_url(f"{stack.page}/sign-in")
    sign_in_by_hand(page, TOKEN)
    expect(page).to_have_url(f"{stack.page}/")


def test_a_link_signs_in_once(open_page: Open, stack: Stack) -> None:
    code = link(stack)
    page = open_page(None)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(f"{stack.page}/sign-in#{code}")
    page.get_by_text("Live", exact=True).wait_for()
    assert page.url == f"{stack.page}/"
    assert code not in remembered(page)
    assert [request.url for request in asked if code in request.url and "#" not in request.url] == []

    late = open_page(None)
    late.goto(f"{stack.page}/sign-in#{code}")
    expect(late.get_by_role("alert")).to_contain_text("This link has expired or was already used")
    assert late.url == f"{stack.page}/sign-in"


def test_a_link_pasted_into_the_open_page_signs_in(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    page.goto(f"{stack.page}/sign-in")
    page.evaluate("(code) => location.hash = code", link(stack))
    expect(page).to_have_url(f"{stack.page}/")
    other = open_page(None)
    other.goto(f"{stack.page}/sign-in")
    sign_in_by_hand(other, f"{stack.page}/sign-in#{link(stack)}")
    expect(other).to_have_url(f"{stack.page}/")


def test_signing_in_never_redirects_to_another_site(open_page: Open, stack: Stack) -> None:
    for elsewhere in (
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/..//elsewhere.example",
        "javascript:alert(1)",
    ):
        page = open_page(None)
        page.goto(f"{stack.page}/sign-in?to={elsewhere}")
        sign_in_by_hand(page, TOKEN)
        page.get_by_text("Live", exact=True).wait_for()
        assert page.url.startswith(f"{stack.page}/")


def test_after_signing_out_the_back_button_shows_nothing(page: Page, stack: Stack) -> None:
    visit(page, stack, "/jobs")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Queues").click()
    cookies = page.context.cookies()
    page.get_by_role("button", name="Signed in as").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(f"{stack.page}/sign-in")
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as returned by cookies()
    page.goto(stack.page)
    expect(page).to_have_url(f"{stack.page}/sign-in")


def test_signing_out_everywhere_signs_out_other_browsers(open_page: Open, stack: Stack, system: System) -> None:
    name, secret = token(system, "operator")
    here, there = open_page(secret), open_page(secret)
    visit(there, stack, "/workers")
    visit(here, stack)
    here.get_by_role("button", name=f"Signed in as {name}, an operator").click()
    here.get_by_role("button", name="Sign out everywhere").click()
    here.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(here).to_have_url(f"{stack.page}/sign-in")
    expect(there).to_have_url(f"{stack.page}/sign-in?to=%2Fworkers")
    expect(there.get_by_role("list")).to_have_count(0)
    sign_in_by_hand(there, secret)
    expect(there).to_have_url(f"{stack.page}/workers")


def test_revoking_a_token_closes_a_page_that_follows_output(
    open_page: Open, stack: Stack, system: System, complaints: list[str]
) -> None:
    name, secret = token(system, "viewer")
    job = system.enqueue("echo something secret; sleep 600", id=unique("read"))
    page = open_page(secret)
    page.goto(f"{stack.page}/jobs/{job}")
    expect(page.get_by_role("log")).to_contain_text("something secret")
    http.delete(f"{system.url}/api/tokens/{name}").raise_for_status()
    expect(page).to_have_url(f"{stack.page}/sign-in?to=%2Fjobs%2F{job}")
    expect(page.locator("body")).not_to_contain_text("something secret")
    page.goto("about:blank")
    complaints.clear()  # from the ended streams
    system.queuectl("cancel", job)


def test_an_action_after_the_session_ended_leads_to_the_sign_in_page(
    open_page: Open, stack: Stack, system: System, complaints: list[str]
) -> None:
    name, secret = token(system, "operator")
    page = open_page(secret)
    page.goto(f"{stack.page}/enqueue")
    page.get_by_label("Command", exact=True).fill("true")

    def end_session(route: Route) -> None:
        http.delete(f"{system.url}/api/tokens/{name}").raise_for_status()
        route.continue_()

    page.route("**/api/jobs", end_session)
    page.get_by_role("button", name="Enqueue").click()
    expect(page).to_have_url(f"{stack.page}/sign-in?to=%2Fenqueue")
    page.goto("about:blank")
    complaints.clear()  # from the event stream, if it ended first


def test_too_many_failed_attempts_must_wait(open_page: Open, tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1, dashboard_dir=ROOT / "frontend" / "dist") as url:
        page = open_page(None)
        page.goto(f"{url}/sign-in")
        http.get(f"{url}/api/status").raise_for_status()  # the token is known from now on
        with httpx.Client(headers={"Origin": url}) as guesses:
            for number in count():
                if guesses.post(f"{url}/api/session", json={"token": f"queuectl_guess{number}"}).status_code == 429:
                    break
        sign_in_by_hand(page, "queuectl_another")
        expect(page.get_by_role("alert")).to_contain_text("Too many attempts")
        expect(page.get_by_role("alert")).to_contain_text("try again in")
        sign_in_by_hand(page, TOKEN)
        expect(page).to_have_url(f"{url}/")
        page.goto("about:blank")


def test_an_unreachable_api_is_reported(open_page: Open, stack: Stack, complaints: list[str]) -> None:
    with wire(stack.page_port) as connection:
        page = open_page(None)
        page.goto(f"{connection.url}/sign-in")
        page.get_by_role("button", name="Sign in").wait_for()
        connection.cut()
        sign_in_by_hand(page, TOKEN)
        expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached")
        connection.mend()
        sign_in_by_hand(page, TOKEN)
        expect(page).to_have_url(f"{connection.url}/")
        page.goto("about:blank")
    complaints.clear()  # from the cut connection


def test_a_link_for_another_browser_is_created_on_the_page(page: Page, open_page: Open, stack: Stack) -> None:
    page.goto(f"{stack.page}/settings/sign-in")
    page.get_by_role("button", name="Create a sign-in link").click()
    made = page.get_by_role("dialog").locator("[data-secret]").inner_text()
    named = stack.page.replace("127.0.0.1", "localhost")  # as `queuectl up` prints it
    assert made.startswith(f"{named}/sign-in#")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-secret]")).to_have_count(0)
    assert made not in remembered(page)
    other = open_page(None)
    other.goto(made)
    expect(other).to_have_url(f"{named}/")


def test_scripts_cannot_read_the_session_cookie(page: Page, stack: Stack) -> None:
    visit(page, stack)
    assert page.context.cookies(), "there is a session"
    assert page.evaluate("document.cookie") == ""


def test_injected_scripts_do_not_run(page: Page, stack: Stack, complaints: list[str]) -> None:
    visit(page, stack)
    page.evaluate("""() => {
        window.reports = []
        document.addEventListener('securitypolicyviolation', ({effectiveDirective}) => reports.push(effectiveDirective))
        const script = document.createElement('script')
        const attempts = [
            () => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="stolen = 1">'),
            () => { script.append('stolen = 1'); document.body.append(script) },
            () => document.body.setAttribute('onclick', 'stolen = 1'),
            () => new Worker('data:text/javascript,0'),
            () => new Image().src = 'https://elsewhere.example/',
            () => void fetch('https://elsewhere.example/').catch(() => 0),
        ]
        for (const attempt of attempts) try { attempt() } catch { /* rejected immediately */ }
    }""")
    page.locator("h1").first.click(force=True)
    page.wait_for_function("() => reports.includes('img-src')")
    expected = {"require-trusted-types-for", "connect-src", "img-src"}
    assert (set(page.evaluate("reports")), page.evaluate("typeof stolen")) == (expected, "undefined")
    assert complaints, "the browser reports each violation"
    complaints.clear()


def test_inline_scripts_in_the_html_do_not_run(page: Page, stack: Stack, complaints: list[str]) -> None:
    def with_script(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<body>", "<body><script>stolen = 1</script>"))

    page.route(f"{stack.page}/", with_script)
    visit(page, stack)
    assert "<script>stolen = 1</script>" in page.content()
    assert page.evaluate("typeof stolen") == "undefined"
    assert "inline script" in "".join(complaints)
    complaints.clear()


def test_markup_in_a_job_is_text(page: Page, stack: Stack, system: System) -> None:
    markup = "<img src=x onerror=stolen=1><script>stolen=1</script>"
    job = system.enqueue(f"echo '{markup}'", id=unique("markup"), cwd="/tmp", env={"SAID": markup})
    system.in_state(job, "completed")
    page.goto(f"{stack.page}/jobs/{job}")
    expect(page.get_by_role("log")).to_contain_text(markup)
    expect(page.get_by_label("Command", exact=True)).to_contain_text(markup)
    assert page.evaluate("typeof stolen") == "undefined"


def test_control_characters_and_reordered_text_are_escaped(page: Page, stack: Stack, system: System) -> None:
    job = system.enqueue(
        "printf '\\033[2Jcleared \\342\\200\\256desrever\\n'; : \x1b[2J \u202etxt.sh\u202c\u200b",
        id=unique("turned"),
        env={"TURNED": "\u202e"},
    )
    system.in_state(job, "completed")
    page.goto(f"{stack.page}/jobs/{job}")
    expect(page.get_by_label("Command", exact=True)).to_contain_text(r": \x1b[2J \u202etxt.sh\u202c\u200b")
    expect(page.get_by_role("log")).to_contain_text(r"cleared \u202edesrever")
    expect(page.get_by_role("region", name="Details")).to_contain_text(r"TURNED=\u202e")
    page.goto(f"{stack.page}/jobs?q={job}")
    expect(page.locator(f"[data-job='{job}']")).to_contain_text(r"\x1b[2J \u202etxt.sh")
    assert not re.search("[\x1b\u202a-\u202e\u200b]", page.locator("body").inner_html())


def test_an_open_sign_in_page_continues_after_signing_in_in_another_tab(open_page: Open, stack: Stack) -> None:
    page = open_page(None)
    page.goto(f"{stack.page}/queues")
    expect(page).to_have_url(re.compile("/sign-in"))
    other = page.context.new_page()
    other.goto(f"{stack.page}/sign-in")
    sign_in_by_hand(other, TOKEN)
    expect(other).to_have_url(f"{stack.page}/")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_url(f"{stack.page}/queues")
