"""The index of jobs by their tags."""

from collections.abc import Sequence

from queuectl_core.store.session import Session


def add_tags(session: Session, seq: int, tags: Sequence[str]) -> None:
    """Index a job by its tags."""
    if tags:
        session.execute_many("INSERT INTO job_tag VALUES (?, ?) ON CONFLICT DO NOTHING", [(tag, seq) for tag in tags])


def replace_tags(session: Session, seq: int, tags: Sequence[str]) -> None:
    """Index a job by its tags instead of those before."""
    session.execute("DELETE FROM job_tag WHERE seq = ?", (seq,))
    add_tags(session, seq, tags)
