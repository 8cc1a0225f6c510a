"""One module per schema version, with the same numbers as SQLite's."""
