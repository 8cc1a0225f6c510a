"""Makes .venv, or says what is missing for it."""

import sys
import venv
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make … PYTHON=python3.12")
try:
    import ensurepip  # noqa: F401
except ImportError:
    sys.exit("Python has no ensurepip here: on Debian, 'apt install python3-venv' brings it")
if not Path(".venv/bin/python").exists():
    venv.create(".venv", with_pip=True, symlinks=True)
