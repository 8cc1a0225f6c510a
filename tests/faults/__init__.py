"""Every fault that we can cause, and what was lost by it: nothing.

The short form is a part of `make test`; `make faults` runs the long one and prints the table of docs/reliability.md.
"""
