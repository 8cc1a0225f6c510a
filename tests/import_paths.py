"""Import paths of running Python processes, inspected by root, in containers or on this machine."""

import json
import os
import subprocess
from pathlib import Path

SAY_PATH = "import json, sys; print(json.dumps(sys.path))"


def words(pid: int) -> list[str]:
    """The command line of a process; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def is_ours(pid: int) -> bool:
    """Whether the process is Python running a program of the queue."""
    found = words(pid)
    return bool(found) and "python" in Path(found[0]).name and any("queuectl" in word for word in found[1:])


def writable(pid: int, uid: int) -> list[Path]:
    """The entries of its `sys.path` in which the user could create a file; none if the process has ended."""
    try:
        return [path for path in _import_path(pid) if _can_create(Path(f"/proc/{pid}/root", *path.parts[1:]), uid)]
    except (OSError, ValueError, subprocess.CalledProcessError):
        if words(pid):
            raise
        return []


def _import_path(pid: int) -> list[Path]:
    """Its initial `sys.path`, determined by the same interpreter with the same options and environment."""
    interpreter, *rest = words(pid)
    options = []
    while rest[0].startswith("-") and rest[0] not in ("-c", "-m"):
        options.append(rest.pop(0))
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    environment = dict(variable.split(b"=", 1) for variable in variables if b"=" in variable)
    directory = Path(f"/proc/{pid}/cwd").readlink()
    replay = ["chroot", f"/proc/{pid}/root", interpreter, *options, "-P", "-c", SAY_PATH]
    said = subprocess.run(replay, env=environment, capture_output=True, check=True).stdout
    path = [directory / entry for entry in json.loads(said)]
    if b"PYTHONSAFEPATH" in environment or not {"-I", "-P"}.isdisjoint(options):
        return path
    # Python puts the script's directory first, or the working directory for -c and -m.
    return [directory if rest[0] in ("-c", "-m") else Path(rest[0]).parent, *path]


def _can_create(path: Path, uid: int) -> bool:
    """Whether the user could create a file there, or in the nearest existing parent directory."""
    while not path.exists():
        path = path.parent
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os._exit(os.access(path, os.W_OK))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
