"""What somebody may do."""

from enum import StrEnum


class Role(StrEnum):
    """From the least to the most; each may do what those before it may."""

    VIEWER = "viewer"  # read
    OPERATOR = "operator"  # enqueue, edit, cancel, retry, delete
    ADMIN = "admin"  # config, queues, workers, tokens, audit log, backup

    def reaches(self, needed: "Role") -> bool:
        """Whether who has this role may do what needs that one."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)
