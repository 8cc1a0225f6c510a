"""The built page, if this process serves it itself (in containers, Caddy does)."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from queuectl_api import headers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types queuectl"
)
"""Only what the page needs: injected scripts do not run. Keep it equal to Caddy's."""

HEADERS = headers.HEADERS | {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


ASSETS = "assets/"


class _Page(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._file(path, scope)
        response.headers.update(HEADERS)
        if path.startswith(ASSETS):  # their names contain a hash
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    async def _file(self, path: str, scope: Scope) -> Response:
        """The file, or the page itself for addresses that it routes."""
        try:
            return await super().get_response(path, scope)
        except HTTPException as missing:
            if missing.status_code != 404 or not _is_page(path):
                raise
            return await super().get_response("index.html", scope)


def _is_page(path: str) -> bool:
    """Whether the page may route this address: only those of jobs contain dots. Keep it equal to Caddy's rule."""
    return not f"{path}/".startswith(("api/", ASSETS)) and ("." not in path or path.startswith("jobs/"))


def serve(app: FastAPI, directory: Path) -> None:
    """Serve the files in `directory` at /."""
    app.mount("/", _Page(directory=directory, html=True))
