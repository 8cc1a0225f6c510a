"""The version of the database's schema that this program reads and writes."""

SCHEMA_VERSION = "0008"
