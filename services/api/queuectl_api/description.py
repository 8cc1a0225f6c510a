"""The application class: a valid OpenAPI 3.1 document, and a request id around everything else."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from queuectl_api.problems import documented
from queuectl_api.request_id import RequestId


class Api(FastAPI):
    """An application whose OpenAPI document is fit for generating clients, and whose errors have a request id too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's, inside RequestId: its own middleware is inside of what answers and logs unexpected errors."""
        return RequestId(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """The document; built once."""
        first = not self.openapi_schema
        document = super().openapi()
        if first:
            for path in document["paths"].values():
                for operation in path.values():
                    _correct(operation["responses"])
        return document


def _correct(responses: dict[str, Any]) -> None:
    if "422" in responses:  # FastAPI gives it the content type of success
        responses["422"] = documented(422)[422]
    for response in responses.values():
        for content in response.get("content", {}).values():
            if content.pop("itemSchema", None):  # of a stream: a keyword of OpenAPI 3.2
                content["schema"] = {"type": "string"}
