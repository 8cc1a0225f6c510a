"""A script for root on a machine or in a container: what each Python process of the queue may import from.

Prints a JSON object a process: its `words`, and of its `sys.path` what the user with the given uid could write to.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SAY_PATH = "import json, sys; print(json.dumps(sys.path))"


def words(process: Path) -> list[str]:
    """Its command line."""
    try:
        return (process / "cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def import_path(process: Path) -> list[Path]:
    """Its `sys.path` when it started: that of the same interpreter with the same options, environment and directory."""
    interpreter, *rest = words(process)
    options = []
    while rest[0].startswith("-") and rest[0] not in ("-c", "-m"):
        options.append(rest.pop(0))
    directory = (process / "cwd").readlink()
    environment = dict(line.split(b"=", 1) for line in (process / "environ").read_bytes().split(b"\0") if b"=" in line)
    said = subprocess.run(
        [interpreter, *options, "-P", "-c", SAY_PATH], env=environment, cwd=directory, capture_output=True, check=True
    ).stdout
    path = [directory / entry for entry in json.loads(said)]
    if b"PYTHONSAFEPATH" in environment or not {"-I", "-P"}.isdisjoint(options):
        return path
    # Python puts the directory of a script first, as it does the working directory for -c and -m.
    return [directory if rest[0] in ("-c", "-m") else Path(rest[0]).parent, *path]


def writable(path: Path, uid: int) -> bool:
    """Whether that user could create a file at `path`, or in the nearest directory above it that exists."""
    while not path.exists():
        path = path.parent
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os._exit(os.access(path, os.W_OK))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def started_with(text: bytes, process: Path) -> bool:
    """Whether its environment holds that text, or its parent's: a spawner is told little."""
    parent = (process / "status").read_text().partition("PPid:")[2].split()[0]
    return any(text in (Path("/proc") / pid / "environ").read_bytes() for pid in (process.name, parent) if pid != "0")


def main() -> None:
    """`UID [TEXT]`: of the processes started with TEXT in their environment, for that user."""
    uid, text = int(sys.argv[1]), sys.argv[2].encode() if sys.argv[2:] else b""
    for process in Path("/proc").glob("[0-9]*"):
        found = words(process)
        is_ours = found and "python" in Path(found[0]).name and any("queuectl" in word for word in found[1:])
        if is_ours and started_with(text, process):
            paths = [str(path) for path in import_path(process) if writable(path, uid)]
            print(json.dumps({"words": found, "writable": paths}))


if __name__ == "__main__":
    main()
