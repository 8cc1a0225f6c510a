"""Options that become fields of a JSON object, declared once for every command that takes them.

They are the fields of a dataclass. An option's value becomes the field of the same name in the JSON, or what its
JsonField says.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from queuectl_cli.options import parse_option


@dataclass(frozen=True)
class JsonField:
    """The field an option becomes, if not the same value under the same name.

    `name`: the field's name, if it differs. `parse`: the value of the option's text; raises ValueError.
    """

    name: str | None = None
    parse: Callable[[str], Any] | None = None


COMPUTED = JsonField()
"""For options that their dataclass turns into fields one by one."""


def json_fields(options: Any) -> Iterator[tuple[str, Any]]:
    """The fields of the options that were given. Raises Failure, which names the option."""
    for name, annotation in _annotations(type(options)):
        value = getattr(options, name)
        field = next((extra for extra in annotation.__metadata__ if isinstance(extra, JsonField)), JsonField())
        if field is COMPUTED or value is None or value == []:
            continue
        if field.parse:
            value = parse_option(_option_name(name, annotation), value, field.parse)
        yield field.name or name, value


def with_options(
    parameter: str, kind: type[Any], *, without: Collection[str] = (), **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's parameter of that name, a `kind`, by the options themselves, for Typer to read.

    `without`: options the command does not take. `defaults`: defaults that differ.
    """
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=defaults.get(name))
        for name, annotation in _annotations(kind)
        if name not in without
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for given in signature.parameters.values():
            parameters += options if given.name == parameter else [given]

        @functools.wraps(command)
        def with_collected_options(**values: Any) -> None:
            collected = kind(**{option.name: values.pop(option.name) for option in options})
            command(**{parameter: collected}, **values)

        vars(with_collected_options)["__signature__"] = signature.replace(parameters=parameters)
        return with_collected_options

    return decorate


def _annotations(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    yield from get_type_hints(kind, include_extras=True).items()


def _option_name(name: str, annotation: Any) -> str:
    """As users type it. Typer takes the first name that an option declares for its default."""
    declared = annotation.__metadata__[0].default
    return declared if isinstance(declared, str) else f"--{name.replace('_', '-')}"
