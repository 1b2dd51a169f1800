"""Who is at work: a name by which another process can tell whether this one still lives."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

import psutil


@cache
def this_worker() -> str:
    """host/process/start: a process number alone is used again after a restart."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_elsewhere(worker: str) -> bool:
    """On another machine, so that nobody here can tell whether it lives."""
    return worker.rsplit("/", 2)[0] != socket.gethostname()


def is_dead(worker: str) -> bool:
    """True only where this machine can tell; a worker elsewhere is given its time."""
    _, process, started = worker.rsplit("/", 2)
    return not is_elsewhere(worker) and str(_started(int(process))) != started


def _started(process: int) -> int | None:
    try:
        alive = psutil.Process(process)
        if alive.status() == psutil.STATUS_ZOMBIE:
            return None
        return _ticks_since_boot(process) or int(alive.create_time())
    except (psutil.Error, OSError):
        return None


def _ticks_since_boot(process: int) -> int | None:
    """Linux's own count, which no change of the wall clock moves (man 5 proc_pid_stat, 22)."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return None
    return int(stat.read_text().rpartition(")")[2].split()[19])
