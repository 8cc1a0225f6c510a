"""A name for a command, made of its words."""

import re
from itertools import islice
from posixpath import basename

MOST_WORDS = 4
MOST_CHARACTERS = 48


def name_of(command: str) -> str:
    """A valid name of a schedule, e.g. `backup.sh-srv` for `/opt/backup.sh --full /srv > /dev/null`.

    Without options, variables and URLs, which may contain secrets.
    """
    words = (_word(word) for word in re.split(r"[0-9]*[<>]", command)[0].split())
    name = "-".join(islice(filter(None, words), MOST_WORDS))
    name = re.sub(r"[._]*-[-._]*", "-", name)
    return name[:MOST_CHARACTERS].rstrip("-._") or "cron"


def _word(word: str) -> str:
    if word.startswith("-") or "=" in word or "://" in word or "@" in word:
        return ""
    return re.sub(r"[^A-Za-z0-9._]+", "-", basename(word.strip("'\";(){}").rstrip("/"))).strip("-._")
