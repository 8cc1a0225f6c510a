"""Authenticated HTTP clients, with the token of all APIs in these tests."""

import uuid
from random import randrange
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import BrowserContext

TOKEN = "queuectl_of-the-tests-and-of-nobody-else"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
VERIFY = False
"""All of this is plain HTTP, and loading certificates takes a client longer than many a test."""

http = httpx.Client(headers=HEADERS, timeout=60, limits=httpx.Limits(max_keepalive_connections=0), verify=VERIFY)
"""For single requests to any API; keeps no connections open."""


def client(url: str, timeout: float = 60) -> httpx.Client:
    """A client for many requests to one API."""
    limits = httpx.Limits(max_connections=None)
    return httpx.Client(base_url=url, headers=HEADERS, timeout=timeout, limits=limits, verify=VERIFY)


def sign_in(context: BrowserContext, address: str, token: str = TOKEN) -> None:
    """Sign a browser in with a token. `address`: any page of the system."""
    parts = urlsplit(address)
    address = f"{parts.scheme}://{parts.netloc}"
    context.request.post(f"{address}/api/session", data={"token": token}, headers={"Origin": address})


def elsewhere(url: str, **headers: str) -> httpx.Client:
    """A client with a unique local address, so that failed sign-ins throttle no other test."""
    address = f"127.{randrange(1, 256)}.{randrange(256)}.{randrange(1, 255)}"
    transport = httpx.HTTPTransport(local_address=address, verify=VERIFY)
    return httpx.Client(base_url=url, headers=headers, transport=transport, trust_env=False, timeout=60)


def browser(url: str) -> httpx.Client:
    """A client that sends requests like a page in a browser: with cookies and Origin."""
    return elsewhere(url, Origin=url)


def created(api: httpx.Client, role: str, expires_in: float | None = None) -> tuple[str, dict[str, str]]:
    """Create a token; returns its name, and headers that authenticate with it."""
    new = {"name": uuid.uuid4().hex, "role": role, "expires_in": expires_in}
    token = api.post("/api/tokens", json=new).raise_for_status().json()
    return token["name"], {"Authorization": f"Bearer {token['token']}"}
