"""Child processes that end with their parent, even if it is killed with SIGKILL."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PARENT_PID_VARIABLE = "REGULARS_PARENT"
PR_SET_PDEATHSIG = 1  # man 2 prctl
POLL_INTERVAL = 0.5  # seconds
STOP_TIMEOUT = 10  # seconds between SIGTERM and SIGKILL


@contextmanager
def child_process(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    log: Path,
    stdout: int | None = None,
    stop_timeout: float = STOP_TIMEOUT,
    descriptors: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python with `arguments` until the block ends; yields the process.

    It inherits the open file `descriptors` besides its streams.
    Its standard error, and its output unless `stdout` is given, is appended to `log`. It gets
    SIGTERM, and after `stop_timeout` seconds SIGKILL.
    """
    with _open_log(log) as log_file:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
            [sys.executable, *arguments],
            env={**environ, PARENT_PID_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=stdout or log_file,
            stderr=log_file,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C reaches the parent only, which stops its children
        )
        try:
            yield process
        finally:
            _stop(process, stop_timeout)
            _close(process.stdout)


def _open_log(log: Path) -> IO[bytes]:
    """Returns `log`, or the null device if it cannot be opened: the child must run anyway."""
    try:
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _stop(process: subprocess.Popen[bytes], timeout: float) -> None:
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe:
        pipe.close()


def bind_to_parent() -> None:
    """Make this process end with its parent; called at the start of a child.

    Uses PR_SET_PDEATHSIG on Linux and polls the parent's id elsewhere.
    """
    parent_pid = os.environ.pop(PARENT_PID_VARIABLE, None)
    if parent_pid is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_exit_with_parent, args=(int(parent_pid),), daemon=True).start()


def _exit_with_parent(parent_pid: int) -> None:
    """Exit when the parent is gone; also covers one that died before the death signal was set."""
    while os.getppid() == parent_pid:
        time.sleep(POLL_INTERVAL)
    os._exit(1)
