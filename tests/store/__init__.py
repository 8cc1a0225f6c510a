"""The conformance suite: what every database must do behind the verbs of the store.

A test gets its stores from the fixtures `store` and `open_store`, and what verbs do not offer from `backend`.
"""
