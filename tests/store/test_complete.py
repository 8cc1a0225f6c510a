"""Every verb is called by a test of this folder: a database that passes them all has all of them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

from queuectl_core.store.driver import Driver
from queuectl_core.store.store import Store

HERE = Path(__file__).parent

INTERNAL = {"actions.cancel_found", "actions.delete_found", "actions.retry_found", "series.add", "tokens.lock"}
INTERNAL |= {"actions.held_by_others", "schedules.check_allowed", "schedules.locked"}
"""Called by other parts of the store, inside their transactions."""

OPENED_BY = {"batch": "batch", "listen": "listener"}
"""Verbs of the store that return something with verbs of its own → what those are listed under."""

TYPES = {"Store": "store", "Listener": "listener", "Batch": "batch"}
"""Annotations of parameters that have verbs."""


def test_every_verb_is_called(store: Store) -> None:
    listed = set(verbs(store))
    assert listed >= INTERNAL
    assert listed - INTERNAL - set(called()) == set()


def verbs(store: Store) -> Iterator[str]:
    """`enqueue`, `jobs.get`, `batch.commit`, …: whatever a user of the store may call."""
    yield from public(store)
    for name, part in vars(store).items():
        if not name.startswith("_") and not callable(part):
            yield from (f"{name}.{verb}" for verb in public(part_type(name, part)))
    for method, listed_as in OPENED_BY.items():
        yield from (f"{listed_as}.{verb}" for verb in public(get_type_hints(getattr(Store, method))["return"]))


def part_type(name: str, part: object) -> type:
    """The Protocol that a driver's part follows, as its class may have more methods; otherwise the part's class."""
    member = getattr(Driver, name, None)
    if member is None:
        return type(part)
    found: type = get_type_hints(member.fget if isinstance(member, property) else member)["return"]
    return found


def public(owner: object) -> list[str]:
    """Names of its methods that are not private, nor special."""
    return [name for name in dir(owner) if not name.startswith("_") and callable(getattr(owner, name))]


def called() -> Iterator[str]:
    """The verbs that tests call, or functions and fixtures that a test uses; not those that only helpers call."""
    for file in HERE.glob("test_*.py"):
        module = ast.parse(file.read_text())
        used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
        used |= {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}
        for function in module.body:
            if isinstance(function, ast.FunctionDef) and (function.name.startswith("test_") or function.name in used):
                yield from called_in(function)


def called_in(function: ast.FunctionDef) -> Iterator[str]:
    """Only of what is known to be a store, a batch or a listener: `counts.get` is no verb of `jobs`."""
    kinds = dict(kinds_of_names(function))
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        match node.func.value:
            case ast.Name(name) if kinds.get(name) == "store":
                yield node.func.attr
            case ast.Name(name) if name in kinds:
                yield f"{kinds[name]}.{node.func.attr}"
            case ast.Attribute(ast.Name(name), part) if kinds.get(name) == "store":
                yield f"{part}.{node.func.attr}"


def kinds_of_names(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Parameters by their annotations; variables by whether they come from `open_store`, `.batch` or `.listen`."""
    for node in ast.walk(function):
        match node:
            case ast.arg(name, ast.Name(annotation)) if annotation in TYPES:
                yield name, TYPES[annotation]
            case ast.Assign([ast.Name(name)], value) | ast.withitem(value, ast.Name(name)):
                for call in ast.walk(value):
                    match call:
                        case ast.Call(ast.Name("open_store")):
                            yield name, "store"
                        case ast.Call(ast.Attribute(ast.Name(), method)) if method in OPENED_BY:
                            yield name, OPENED_BY[method]
