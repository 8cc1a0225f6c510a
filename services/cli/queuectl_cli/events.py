"""The API's live changes."""

import json
import time
from collections.abc import Iterator
from typing import Any

from queuectl_cli.client import Client
from queuectl_cli.failure import UNREACHABLE, Failure

CONNECTED = "connected"


def changes(client: Client) -> Iterator[tuple[str, Any]]:
    """(event, data) as they come. `connected` comes first, and again after each interruption: look anew then."""
    pause = 0.5
    first = True
    while True:
        try:
            with client.stream("/api/events", "text/event-stream") as response:
                pause, first = 0.5, False
                yield CONNECTED, None
                event = ""
                for raw in response:
                    name, _, value = raw.decode().rstrip("\n").partition(": ")
                    if name == "event":
                        event = value
                    elif name == "data":
                        yield event, json.loads(value)
        except Failure as failure:
            if first or failure.status != UNREACHABLE:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 10)
