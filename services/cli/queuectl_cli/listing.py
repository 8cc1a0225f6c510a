"""Print a list of items as a table, as JSON, or as ids."""

from collections.abc import Callable, Sequence
from typing import Any

from queuectl_cli.options import OutputFormat
from queuectl_cli.output import print_json, print_table, say


def print_list(
    items: Sequence[dict[str, Any]],
    id_field: str,
    output: OutputFormat,
    columns: Sequence[str],
    row: Callable[[dict[str, Any]], Sequence[object]],
    *,
    cut: int = 1,
) -> None:
    """Print the items in this format. `id_field` names the field printed by `-o ids`; for `cut`, see print_table."""
    if output is OutputFormat.JSON:
        print_json(items)
    elif output is OutputFormat.IDS:
        for item in items:
            say(item[id_field])
    else:
        print_table(columns, [row(item) for item in items], cut=cut)
