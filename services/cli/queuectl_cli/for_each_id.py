"""Apply an action to several ids. A refused one does not stop the others."""

from collections.abc import Callable, Iterable
from typing import Any

from queuectl_cli.failure import REFUSED, Failure
from queuectl_cli.options import OutputFormat
from queuectl_cli.output import note, print_json, say


def for_each_id(ids: Iterable[str], action: Callable[[str], None]) -> None:
    """Call `action` with each id. Reports refusals on stderr and exits 1 at the end if there were any."""
    refused = False
    for item_id in ids:
        try:
            action(item_id)
        except Failure as failure:
            if failure.status != REFUSED:
                raise
            note(f"queuectl: {failure}")
            refused = True
    if refused:
        raise SystemExit(REFUSED)


def show_each(
    ids: Iterable[str],
    output: OutputFormat,
    key: str,
    find: Callable[[str], dict[str, Any]],
    show: Callable[[str, dict[str, Any]], None],
) -> None:
    """Print what `find` returns for each id, by `show` unless as JSON or ids. `key`: the field of the id."""
    shown = 0

    def act(item_id: str) -> None:
        nonlocal shown
        item = find(item_id)
        if output is OutputFormat.JSON:
            print_json(item)
        elif output is OutputFormat.IDS:
            say(item[key])
        else:
            if shown:
                say("")
            show(item_id, item)
        shown += 1

    for_each_id(ids, act)
