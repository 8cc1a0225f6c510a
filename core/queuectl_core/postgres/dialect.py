"""PostgreSQL's SQL dialect."""

from queuectl_core.store.dialect import Condition, Given


class PostgresDialect:
    """See Dialect. The planner chooses indexes by itself."""

    table_order = ""
    lock_rows = "FOR UPDATE"
    ordered_join = "JOIN"
    merges_in_order = False
    overlap_hours = 2

    def by(self, index: str) -> str:
        """See Dialect."""
        return ""

    def given(self, columns: str) -> Given:
        """See Dialect. A single parameter, see Session.each: psycopg takes much longer for arrays."""
        return Given(f"FROM json_to_recordset(?::json) AS given ({columns})")

    def text_of(self, column: str) -> str:
        """See Dialect."""
        return f"queuectl_text({column})"

    def contains(self, columns: tuple[str, ...], text: str) -> Condition:
        """See Dialect."""
        if "\0" in text:  # no column can contain one
            return "1 = 0", ()
        pattern = "".join(f"\\{char}" if char in "\\%_" else char for char in text)
        folded = _folded("?")
        each = [f"{_folded(column)} LIKE {folded} ESCAPE '\\'" for column in columns]
        return f"({' OR '.join(each)})", (f"%{pattern}%",) * len(columns)

    def json_values(self, column: str, name: str) -> str:
        """See Dialect."""
        return f"json_array_elements_text({column}::json) AS {name} (value)"

    def distinct_list(self, column: str) -> str:
        """See Dialect."""
        return f"string_agg(DISTINCT {column}, ',')"

    def json_object(self, key: str, value: str) -> str:
        """See Dialect."""
        return f"coalesce(json_object_agg({key}, {value}), '{{}}')::text"


def _folded(text: str) -> str:
    """Lower case in all alphabets, with a single form of sigma, as in SQLite's `holds`."""
    return f"""replace(lower({text} COLLATE "und-x-icu"), '\u03c2', '\u03c3')"""
