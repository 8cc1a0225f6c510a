"""Tests of log stores: one suite for all of them, and what is particular to files."""
