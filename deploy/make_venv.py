"""Creates .venv, or reports what is missing."""

import sys
import venv
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make … PYTHON=python3.12")
try:
    import ensurepip  # noqa: F401
except ImportError:
    sys.exit("Python has no ensurepip: on Debian, run 'apt install python3-venv'")
if not Path(".venv/bin/python").exists():
    venv.create(".venv", with_pip=True, symlinks=True)
