"""HTTP as somebody who has signed in: the token that every API of these tests is given."""

import uuid
from random import randrange
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import BrowserContext

TOKEN = "queuectl_of-the-tests-and-of-nobody-else"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}

http = httpx.Client(headers=HEADERS, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
"""For single requests, to whichever API: it keeps no connection."""


def client(url: str, timeout: float = 60) -> httpx.Client:
    """For many requests to one API."""
    return httpx.Client(base_url=url, headers=HEADERS, timeout=timeout)


def sign_in(context: BrowserContext, address: str, token: str = TOKEN) -> None:
    """Give a browser a session of a token, at the system of which `address` is a page."""
    parts = urlsplit(address)
    address = f"{parts.scheme}://{parts.netloc}"
    context.request.post(f"{address}/api/session", data={"token": token}, headers={"Origin": address})


def elsewhere(url: str, **headers: str) -> httpx.Client:
    """From an address that nobody else has: what fails there is held against no other test."""
    address = f"127.{randrange(1, 256)}.{randrange(256)}.{randrange(1, 255)}"
    transport = httpx.HTTPTransport(local_address=address, verify=False)  # of http; certificates take long to load
    return httpx.Client(base_url=url, headers=headers, transport=transport, trust_env=False, timeout=60)


def browser(url: str) -> httpx.Client:
    """As a page sends requests: with the cookies that it was given, and its Origin."""
    return elsewhere(url, Origin=url)


def created(api: httpx.Client, role: str, expires_in: float | None = None) -> tuple[str, dict[str, str]]:
    """A new token: its name, and headers that sign a request with it."""
    new = {"name": uuid.uuid4().hex, "role": role, "expires_in": expires_in}
    token = api.post("/api/tokens", json=new).raise_for_status().json()
    return token["name"], {"Authorization": f"Bearer {token['token']}"}
