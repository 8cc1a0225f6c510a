"""Tokens in the settings: created, shown once, revoked."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.names import unique
from tests.stack.page.steps import token, visit
from tests.stack.stacks import Stack
from tests.system import System


def accepted(system: System, secret: str) -> bool:
    """Whether the API accepts the token."""
    return httpx.get(f"{system.url}/api/session", headers={"Authorization": f"Bearer {secret}"}).is_success


def test_a_token_is_created_shown_once_used_and_revoked(page: Page, stack: Stack, system: System) -> None:
    name = unique("ci")
    visit(page, stack, "/settings/tokens")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("radio", name="operator").check()
    dialog.get_by_label("Expiry").select_option("30 days")
    dialog.get_by_role("button", name="Create token").click()
    secret = dialog.locator("[data-secret]").inner_text()
    dialog.get_by_role("button", name="I have copied it").click()
    expect(dialog).to_have_count(0)

    shown = page.locator(f"[data-token='{name}']")
    expect(shown).to_contain_text("operator")
    expect(shown).to_contain_text("Never used")
    expect(shown).to_contain_text("expires in 29d 23h")
    assert secret not in page.content()
    page.reload()
    expect(shown).to_be_visible()
    assert secret not in page.content()

    assert accepted(system, secret)
    expect(shown).to_contain_text("from 127.0.0.1")
    shown.get_by_role("button", name=f"Revoke {name}").click()
    expect(page.get_by_role("dialog")).to_contain_text("Programs that use it lose access immediately")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert accepted(system, secret)
    shown.get_by_role("button", name=f"Revoke {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(shown).to_have_count(0)
    assert not accepted(system, secret)


def test_the_secret_is_copied(page: Page, stack: Stack) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, stack, "/settings/tokens")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name").fill(unique("copied"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("[data-secret]").inner_text()


def test_a_duplicate_or_invalid_name_is_reported_at_its_field(page: Page, stack: Stack, system: System) -> None:
    name, _ = token(system, "viewer")
    visit(page, stack, "/settings/tokens")
    page.get_by_role("button", name="New token").click()
    for wrong, says in ((name, "exists already"), ("no name", "beginning with a letter or digit")):
        page.get_by_label("Name").fill(wrong)
        page.get_by_role("button", name="Create token").click()
        expect(page.get_by_role("alert")).to_contain_text(says)
        expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")


def test_revoking_ones_own_token_signs_out(
    open_page: Callable[[str | None], Page], stack: Stack, system: System
) -> None:
    name, secret = token(system, "admin")
    page = open_page(secret)
    visit(page, stack, "/settings/tokens")
    own = page.locator(f"[data-token='{name}']")
    expect(own).to_contain_text("your token")
    own.get_by_role("button", name=f"Revoke {name}").click()
    expect(page.get_by_role("dialog")).to_contain_text("including this one, because it is your own token")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page).to_have_url(f"{stack.page}/sign-in?to=%2Fsettings%2Ftokens")


def test_an_expired_token_is_marked(page: Page, stack: Stack, system: System) -> None:
    name, secret = token(system, "viewer", expires_in=0.01)
    visit(page, stack, "/settings/tokens")
    expect(page.locator(f"[data-token='{name}']")).to_contain_text("expired")
    assert not accepted(system, secret)
