"""SQLite's SQL dialect."""

import re

from queuectl_core.store.dialect import Condition, Given

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class SqliteDialect:
    """See Dialect. Every connection must create the SQL function `holds`."""

    table_order = "NOT INDEXED"
    lock_rows = ""
    ordered_join = "CROSS JOIN"
    merges_in_order = True
    overlap_hours = 0

    def by(self, index: str) -> str:
        """See Dialect."""
        return f"INDEXED BY {index}"

    def given(self, columns: str) -> Given:
        """See Dialect. A prepared statement for each row is faster than one for all."""
        return Given()

    def text_of(self, column: str) -> str:
        """See Dialect."""
        return f"CAST({column} AS TEXT)"

    def contains(self, columns: tuple[str, ...], text: str) -> Condition:
        """LIKE takes a third of the time of `holds`, but ignores case for A to Z only: use it to exclude most rows."""
        if "\0" in text:  # LIKE would stop there; no column contains one
            return f"{columns[0]} = ?", (text,)
        literal = "".join(f"\\{char}" if char in "\\%_" else char for char in text)
        each, parameters = "{0} LIKE ? ESCAPE '\\'", ["%" + _NOT_ASCII.sub("%", literal) + "%"]
        if not text.isascii():
            each, parameters = f"{each} AND holds(CAST({{0}} AS BLOB), ?)", [*parameters, text]
        return f"({' OR '.join(each.format(column) for column in columns)})", tuple(parameters * len(columns))

    def json_values(self, column: str, name: str) -> str:
        """See Dialect."""
        return f"json_each({column}) AS {name}"

    def distinct_list(self, column: str) -> str:
        """See Dialect."""
        return f"group_concat(DISTINCT {column})"

    def json_object(self, key: str, value: str) -> str:
        """See Dialect."""
        return f"json_group_object({key}, {value})"


def holds(found: bytes | None, text: str) -> bool:
    """Whether UTF-8 bytes include `text`, ignoring case."""
    return found is not None and _folded(text) in _folded(found.decode(errors="replace"))


def _folded(text: str) -> str:
    """Fold case letter by letter, with a single form of sigma; `str.casefold` would also equate "ß" with "ss"."""
    return text.lower().replace("\u03c2", "\u03c3")
