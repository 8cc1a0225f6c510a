"""What the models of answers share: times in RFC 3339, and fields taken over from the core's objects."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

Model = TypeVar("Model", bound=BaseModel)


def instant(seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_text(value: object) -> object:
    return instant(value) if isinstance(value, float | int) else value


Instant = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"]),
]
"""A time; also given as seconds since the epoch."""


def from_core(model: type[Model], core: object, **differing: Any) -> Model:
    """A `model` whose fields are the attributes of `core`, apart from those in `differing`."""
    same = {name: getattr(core, name) for name in model.model_fields if name not in differing}
    return model(**same, **differing)


def without_default(schema: dict[str, Any]) -> None:
    """Drop the default from a field's schema: leaving the field out differs from sending its default."""
    del schema["default"]
