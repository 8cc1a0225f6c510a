"""The dashboard at its own domain: HTTPS, with several kinds of certificates."""

import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.lacking import lacking
from tests.running import ROOT, clean_environment, eventually, free_port
from tests.signed_in import HEADERS, TOKEN
from tests.stack.stacks import engine_answers

DOMAIN = "queue.example.com"
SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={DOMAIN}", "-addext",
               f"subjectAltName=DNS:{DOMAIN}"]  # fmt: skip
LOCAL_AUTHORITY = "/certificates/caddy/pki/authorities/local/root.crt"

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]


class Site:
    """The API and the dashboard. `kind`: "own" for a self-signed certificate, "internal" for Caddy's own authority."""

    def __init__(self, directory: Path, kind: str) -> None:
        self.http_port, self.https_port = free_port(), free_port()
        own = {"tls_dir": self._certificate(directory)} if kind == "own" else {"tls": "internal"}
        self._environment = clean_environment(
            domain=DOMAIN, http_port=self.http_port, https_port=self.https_port, api_port=free_port(), **own
        ) | {"COMPOSE_PROJECT_NAME": f"queuectl-https-{os.getpid()}"}
        self._authority = (directory / "cert.pem").read_text if kind == "own" else self._local_authority

    def compose(self, *words: str) -> str:
        """Run a `docker compose` command; returns its output."""
        done = subprocess.run(
            ["docker", "compose", *words], cwd=ROOT, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def is_ready(self) -> bool:
        """Whether it has a certificate. Caddy's own authority makes its own and that of the site after the start."""
        try:
            return self.request("GET", "/healthz", {}).is_success
        except (AssertionError, httpx.TransportError):
            return False

    def context(self) -> ssl.SSLContext:
        """A context that trusts only the certificate's authority."""
        return ssl.create_default_context(cadata=self._authority())

    def request(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a request as a browser at the domain would."""
        with httpx.Client(verify=self.context()) as client:
            return client.request(
                method,
                f"https://127.0.0.1:{self.https_port}{path}",
                headers={"Host": DOMAIN} | headers,
                json=body,
                extensions={"sni_hostname": DOMAIN},
            )

    def _local_authority(self) -> str:
        return self.compose("exec", "-T", "frontend", "cat", LOCAL_AUTHORITY)

    @staticmethod
    def _certificate(directory: Path) -> Path:
        key, certificate = directory / "key.pem", directory / "cert.pem"
        subprocess.run([*SELF_SIGNED, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        key.chmod(0o644)
        directory.chmod(0o755)
        return directory


@pytest.fixture(scope="module", params=["own", "internal"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a self-signed certificate, or one by Caddy's own authority."""
    if not engine_answers():
        lacking("no container engine answers")
    site = Site(tmp_path_factory.mktemp("certificates"), request.param)
    try:
        site.compose("up", "--build", "--detach", "--wait", "api", "frontend")
        eventually(site.is_ready)
        yield site
    finally:
        site.compose("down", "--volumes")


def test_the_page_is_at_https_only_and_browsers_keep_to_that(site: Site) -> None:
    plain = httpx.get(f"http://127.0.0.1:{site.http_port}/jobs", headers={"Host": DOMAIN})
    assert (plain.status_code, plain.headers["Location"]) == (308, f"https://{DOMAIN}/jobs")
    page = site.request("GET", "/jobs", {})
    assert page.is_success and "<title>QueueCTL</title>" in page.text
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Server" not in page.headers


@pytest.mark.parametrize("path", ["/assets/missing.js", "/assets/", "/favicon.nope", "/x/missing.js"])
def test_a_file_that_does_not_exist_is_not_the_page(site: Site, path: str) -> None:
    missing = site.request("GET", path, {})
    assert missing.status_code == 404
    assert missing.headers.get("Cache-Control", "no-cache") == "no-cache"


def test_files_with_a_hash_in_their_names_are_kept_and_the_page_is_not(site: Site) -> None:
    page = site.request("GET", "/jobs/an.id", {})
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-cache")
    name = page.text.partition("/assets/")[2].partition('"')[0]
    assert "immutable" in site.request("GET", f"/assets/{name}", {}).headers["Cache-Control"]


def test_a_session_is_for_https_only(site: Site) -> None:
    signed_in = site.request("POST", "/api/session", {"Origin": f"https://{DOMAIN}"}, {"token": TOKEN})
    assert signed_in.status_code == 201
    cookie = signed_in.headers["Set-Cookie"]
    assert cookie.startswith("__Host-queuectl_session_")
    assert "; Secure" in cookie


def test_a_client_cannot_say_that_it_is_elsewhere(site: Site) -> None:
    made_up = "203.0.113.9"
    site.request("GET", "/api/status", HEADERS | {"X-Forwarded-For": made_up})

    def last_used_from() -> str | None:
        [token] = site.request("GET", "/api/tokens", HEADERS | {"X-Forwarded-For": made_up}).json()["items"]
        return cast("str | None", token["last_used_from"])

    assert eventually(last_used_from) != made_up


def test_a_link_that_signs_in_leads_to_the_domain(site: Site) -> None:
    assert site.request("POST", "/api/session/link", HEADERS).json()["url"].startswith(f"https://{DOMAIN}/sign-in#")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_of_tls_are_not_spoken(site: Site) -> None:
    assert speak(site, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        speak(site, ssl.TLSVersion.TLSv1_1)


def speak(site: Site, version: ssl.TLSVersion) -> str | None:
    """Connect with a client that supports only this version; returns the negotiated version."""
    context = site.context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", site.https_port)) as connection,
        context.wrap_socket(connection, server_hostname=DOMAIN) as spoken,
    ):
        return spoken.version()
