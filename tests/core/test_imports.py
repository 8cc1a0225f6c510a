"""What a process loads: only the driver of the database it uses, and nothing that fires schedules."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib, pkgutil, sys
import queuectl_worker
from queuectl_core.store.open import open_store

for module in pkgutil.walk_packages(queuectl_worker.__path__, "queuectl_worker."):
    importlib.import_module(module.name)
open_store(sys.argv[1], durable=True).check()
print(sorted({"cronsim", "psycopg", "queuectl_core.postgres", "sqlalchemy"} & sys.modules.keys()))
"""


def test_a_worker_on_sqlite_loads_neither_postgresql_nor_cron_expressions(migrated: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"sqlite:///{migrated}"], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "[]\n"
