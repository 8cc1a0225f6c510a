"""The version of the database schema that this program uses."""

SCHEMA_VERSION = "0015"
