"""Roles of actors."""

from enum import StrEnum


class Role(StrEnum):
    """From least to most privileged; each role includes the ones before it."""

    VIEWER = "viewer"  # read
    OPERATOR = "operator"  # enqueue, edit, cancel, retry, delete
    ADMIN = "admin"  # config, queues, workers, tokens, audit log, backup

    def reaches(self, needed: "Role") -> bool:
        """Whether this role includes the needed one."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)
