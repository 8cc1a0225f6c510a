"""The queue's store in SQLite: all SQL, and everything else that SQLite does in its own way."""
