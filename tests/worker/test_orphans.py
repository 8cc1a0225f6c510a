"""Finding the command that a process belongs to; each process counts once."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from queuectl_worker import tree
from queuectl_worker.orphans import Orphans
from queuectl_worker.tree import Process
from queuectl_worker.users import Users


def test_a_process_whose_parent_ends_during_a_measurement_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    root, inner, leaf = (Process(pid, parent, pid, 0.0, 1) for pid, parent in ((10, 1), (11, 10), (12, 11)))
    of = {10: [root, inner, leaf], 11: [inner, leaf]}
    monkeypatch.setattr(tree, "Processes", lambda: SimpleNamespace(tree=of.__getitem__))
    monkeypatch.setattr(tree, "children", lambda: {10, 11})  # a moment later: 10 has ended, and 11 is an orphan
    monkeypatch.setattr(tree, "session", lambda _: 10)
    command: Any = SimpleNamespace(key="7-1", root=10, ended=None)
    orphans = Orphans({"7-1": command}, {10: command}, Users(None))
    [family] = orphans.families([cast("Any", command)])
    assert (family.of_root, family.orphans) == ([root], {11: [inner, leaf]})
