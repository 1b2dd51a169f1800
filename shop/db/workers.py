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

ACTIVE_LEASE_OWNERS: set[str] = set()  # this process, at this moment


@contextmanager
def register_lease_owner() -> Iterator[str]:
    """A name for one holding: what could not be given back, this process may take again."""
    lease_owner = f"{secrets.token_hex(4)}@{current_worker()}"
    ACTIVE_LEASE_OWNERS.add(lease_owner)
    try:
        yield lease_owner
    finally:
        ACTIVE_LEASE_OWNERS.discard(lease_owner)


def is_reclaimable(lease_owner: str, lease_until: datetime) -> bool:
    """Who lives on this machine keeps what it holds, however long it takes."""
    worker = lease_owner.rpartition("@")[2]
    if worker == current_worker():
        return lease_owner not in ACTIVE_LEASE_OWNERS
    return is_dead(worker) or (is_remote(worker) and lease_until <= datetime.now(UTC))


def current_worker() -> str:
    """host/boot/process/start: after a restart of the machine, all the others come again."""
    return _worker_name(os.getpid())


@cache
def _worker_name(process: int) -> str:
    """Remembered by its number, so that a forked child never takes its parent's name."""
    return (
        f"{socket.gethostname()}/{_boot_id()}:{_pid_namespace()}/{process}/{_start_time(process)}"
    )


def is_remote(worker: str) -> bool:
    """On another machine, or in another container: nobody here can tell whether it lives."""
    host, boot_and_namespace, *_ = worker.rsplit("/", 3)
    boot, _, namespace = boot_and_namespace.partition(":")
    return host != socket.gethostname() or (boot == _boot_id() and namespace != _pid_namespace())


def is_same_boot(worker: str) -> bool:
    """Whether the machine has been up ever since: what a process left in files is whole then."""
    host, boot_and_namespace, *_ = worker.rsplit("/", 3)
    return host == socket.gethostname() and boot_and_namespace.partition(":")[0] == _boot_id()


def is_dead(worker: str) -> bool:
    """True only where this machine can tell; a worker elsewhere is given its time."""
    if is_remote(worker):
        return False
    _, boot, process, started = worker.rsplit("/", 3)
    return boot.partition(":")[0] != _boot_id() or str(_start_time(int(process))) != started


@cache
def _pid_namespace() -> str:
    """Linux's name for the set of processes that see each other (man 7 pid_namespaces)."""
    try:
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""


@cache
def _boot_id() -> str:
    """Linux's name for the time since it started; elsewhere, when that was."""
    boot_id_file = Path("/proc/sys/kernel/random/boot_id")
    return (
        boot_id_file.read_text().strip() if boot_id_file.exists() else str(int(psutil.boot_time()))
    )


def _start_time(process: int) -> int | None:
    try:
        process_info = psutil.Process(process)
        if process_info.status() == psutil.STATUS_ZOMBIE:
            return None
        return _ticks_since_boot(process) or int(process_info.create_time())
    except (psutil.Error, OSError):
        return None


def _ticks_since_boot(process: int) -> int | None:
    """Linux's own count, which no change of the wall clock moves (man 5 proc_pid_stat, 22)."""
    stat_file = Path(f"/proc/{process}/stat")
    if not stat_file.exists():
        return None
    return int(stat_file.read_text().rpartition(")")[2].split()[19])
