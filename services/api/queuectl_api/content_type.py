"""The media types and size of body that an endpoint takes; one that names none takes no body."""

from typing import Any

from fastapi import Depends, HTTPException, Request
from fastapi.dependencies.models import Dependant

SMALL_BYTES = 4 << 10
"""Enough for a few short fields."""


class UnsupportedContentType(HTTPException):
    """The body has a media type that this endpoint does not take."""

    def __init__(self, given: str, allowed: str) -> None:
        super().__init__(415, f"the content type must be {allowed}, not {given[:100]!r}")


class BodyOf:
    """A dependency: the media type of the body, one of `media_types`.

    A form on a foreign page can send some other media types without a CORS preflight. `most`: the size limit in bytes,
    held in memory; None: the endpoint reads the body piecewise and sets its own limit.
    """

    def __init__(self, *media_types: str, most: int | None) -> None:
        self._media_types = media_types
        self.most = most

    async def __call__(self, request: Request) -> str:
        """The media type. Raises UnsupportedContentType."""
        given = request.headers.get("content-type", "")
        found = given.split(";")[0].strip().lower()
        if found not in self._media_types:
            raise UnsupportedContentType(given, " or ".join(self._media_types))
        return found


def json_body(most: int = SMALL_BYTES) -> Any:
    """A dependency of an endpoint that takes JSON of up to `most` bytes and MOST_VALUES values."""
    return Depends(BodyOf("application/json", most=most))


def body_of(dependant: Dependant) -> BodyOf | None:
    """The BodyOf of an endpoint; None if it takes no body."""
    return next((part.call for part in dependant.dependencies if isinstance(part.call, BodyOf)), None)
