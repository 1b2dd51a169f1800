"""Who is at work: a name by which another process can tell whether this one still lives."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psutil

HOLDING: set[str] = set()  # this process, at this moment


@contextmanager
def holding() -> Iterator[str]:
    """A name for one holding: what could not be given back, this process may take again."""
    ours = f"{secrets.token_hex(4)}@{this_worker()}"
    HOLDING.add(ours)
    try:
        yield ours
    finally:
        HOLDING.discard(ours)


def is_gone(holder: str, until: datetime) -> bool:
    """Who lives on this machine keeps what it holds, however long it takes."""
    worker = holder.rpartition("@")[2]
    if worker == this_worker():
        return holder not in HOLDING
    return is_dead(worker) or (is_elsewhere(worker) and until <= datetime.now(UTC))


def this_worker() -> str:
    """host/boot/process/start: after a restart of the machine, all the others come again."""
    return _name(os.getpid())


@cache
def _name(process: int) -> str:
    """Remembered by its number, so that a forked child never takes its parent's name."""
    return f"{socket.gethostname()}/{_boot()}:{_inside()}/{process}/{_started(process)}"


def is_elsewhere(worker: str) -> bool:
    """On another machine, or in another container: nobody here can tell whether it lives."""
    host, up, *_ = worker.rsplit("/", 3)
    boot, _, inside = up.partition(":")
    return host != socket.gethostname() or (boot == _boot() and inside != _inside())


def is_of_this_boot(worker: str) -> bool:
    """Whether the machine has been up ever since: what a process left in files is whole then."""
    host, up, *_ = worker.rsplit("/", 3)
    return host == socket.gethostname() and up.partition(":")[0] == _boot()


def is_dead(worker: str) -> bool:
    """True only where this machine can tell; a worker elsewhere is given its time."""
    if is_elsewhere(worker):
        return False
    _, boot, process, started = worker.rsplit("/", 3)
    return boot.partition(":")[0] != _boot() or str(_started(int(process))) != started


@cache
def _inside() -> str:
    """Linux's name for the set of processes that see each other (man 7 pid_namespaces)."""
    try:
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""


@cache
def _boot() -> str:
    """Linux's name for the time since it started; elsewhere, when that was."""
    named = Path("/proc/sys/kernel/random/boot_id")
    return named.read_text().strip() if named.exists() else str(int(psutil.boot_time()))


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
