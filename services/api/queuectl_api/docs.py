"""The OpenAPI schema, and Swagger UI for it, with the files of the package fastapi-offline."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from queuectl_api.authentication import VIEWER

router = APIRouter(tags=["schema"])

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>QueueCTL's API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css" />
    <link rel="icon" href="docs/favicon.png" />
  </head>
  <body>
    <div id="api"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/begin.js"></script>
  </body>
</html>
"""

BEGIN = "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true })\n"

FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon.png")


@router.get("/openapi.json", operation_id="showSchema", dependencies=[VIEWER])
async def schema(request: Request) -> dict[str, Any]:
    """The OpenAPI schema of this API."""
    described: dict[str, Any] = request.app.openapi()
    return described


@router.get("/docs", include_in_schema=False, dependencies=[VIEWER])
async def page() -> HTMLResponse:
    """The page."""
    return HTMLResponse(PAGE, headers=HEADERS)


@router.get("/docs/{name}", include_in_schema=False, dependencies=[VIEWER])
async def file(name: str) -> Response:
    """A file of that page."""
    if name == "begin.js":
        return Response(BEGIN, media_type="text/javascript")
    if name not in FILES:
        raise HTTPException(404, f"the API's page has no file {name[:80]!r}")
    path = Path(str(files("fastapi_offline") / "static" / name))
    return FileResponse(path, headers={"Cache-Control": "private, max-age=86400"})
