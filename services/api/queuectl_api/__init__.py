"""The REST API: HTTP in, verbs of the store out, one module for each concept.

It must not know which database it is or where logs are kept, and it starts no processes.
"""
