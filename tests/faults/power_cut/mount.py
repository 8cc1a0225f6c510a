"""A file system in user space, while a test uses it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lacking import lacking
from tests.running import ROOT, eventually


@contextmanager
def mounted(mount: Path, recording: Path) -> Iterator[None]:
    """Mount an empty file system; afterwards what was done to it is in `recording`. Skips where there is no FUSE."""
    backing = recording.with_suffix(".backing")
    with serving("tests.faults.power_cut.filesystem", backing, mount, recording):
        yield


@contextmanager
def serving(module: str, backing: Path, mount: Path, *words: Path) -> Iterator[None]:
    """Mount what that program serves on the directory `backing`, which is empty."""
    if shutil.which("fusermount3") is None:
        lacking("there is no fusermount3 (Debian: apt install fuse3)")
    log = backing.with_suffix(".log")
    backing.mkdir()
    mount.mkdir()
    with log.open("wb") as output:
        served = subprocess.Popen(
            [sys.executable, "-m", module, backing, mount, *words],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        eventually(lambda: mount.is_mount() or served.poll() is not None)
        if served.poll() is not None:
            lacking(f"no file system can be mounted with FUSE here ({log.read_text().strip()[-200:]})")
        yield
    finally:
        _unmount(mount, served)
    assert not (complaints := log.read_text()), complaints


def _unmount(mount: Path, served: subprocess.Popen[bytes]) -> None:
    unmount = ["fusermount3", "-u", str(mount)]
    if subprocess.run(unmount, capture_output=True).returncode:
        subprocess.run([*unmount, "-z"], capture_output=True)  # somebody still has a file of it open
    try:
        served.wait(timeout=60)
    finally:
        served.kill()
