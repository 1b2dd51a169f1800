"""Names of processes, by which other processes can tell whether they are alive."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psutil

LEASE_DURATION = timedelta(minutes=10)  # by the machine's clock, not by --at
ACTIVE_LEASE_OWNERS: set[str] = set()  # of this process


def seconds_since_boot() -> float:
    """Returns the time of a clock that nobody sets, and that goes on while the process or the
    machine is suspended (man 2 clock_gettime; on macOS CLOCK_MONOTONIC does).
    """
    if not hasattr(time, "clock_gettime"):  # on Windows
        return time.monotonic()
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@contextmanager
def register_lease_owner() -> Iterator[str]:
    """Yields the name of a lease owner, which is active until the `with` block ends.

    A lease that could not be released can be reclaimed by this process afterwards.
    """
    lease_owner = f"{secrets.token_hex(4)}@{current_worker()}"
    ACTIVE_LEASE_OWNERS.add(lease_owner)
    try:
        yield lease_owner
    finally:
        ACTIVE_LEASE_OWNERS.discard(lease_owner)


def is_reclaimable(lease_owner: str, lease_until: datetime) -> bool:
    """Whether the lease of `lease_owner`, which runs to `lease_until`, can be taken over.

    A live process on this machine keeps its lease however long it takes.
    """
    worker = lease_owner.rpartition("@")[2]
    if worker == current_worker():
        return lease_owner not in ACTIVE_LEASE_OWNERS
    return is_dead(worker) or (is_remote(worker) and lease_until <= datetime.now(UTC))


def current_worker() -> str:
    """host/boot/process/start: no two processes share it, across restarts of the machine."""
    return _worker_name(os.getpid())


@cache
def _worker_name(process: int) -> str:
    """Cached by process id, so that a forked child does not take its parent's name."""
    return f"{socket.gethostname()}/{boot_id()}:{_pid_namespace()}/{process}/{_start_time(process)}"


def is_remote(worker: str) -> bool:
    """Whether `worker` is on another machine or in another container and cannot be observed."""
    host, boot_and_namespace, *_ = worker.rsplit("/", 3)
    boot, _, namespace = boot_and_namespace.partition(":")
    if boot != boot_id():
        return host != socket.gethostname()  # of the same name: an earlier boot of this machine
    return not is_same_boot(worker) or namespace != _pid_namespace()


def is_same_boot(worker: str) -> bool:
    """Whether the machine of `worker` is this one and has not restarted since.

    Files that the process wrote are complete then. Linux's boot id is random: with it the host name
    does not count, which is another one in each container that is created.
    """
    host, boot_and_namespace, *_ = worker.rsplit("/", 3)
    boot = boot_and_namespace.partition(":")[0]
    return boot == boot_id() and (_is_random(boot) or host == socket.gethostname())


def _is_random(boot: str) -> bool:
    """Whether `boot` is an id of Linux; else it is a time, which two machines may share."""
    return "-" in boot


def is_dead(worker: str) -> bool:
    """Whether `worker` is known to have ended; False for a remote one."""
    if is_remote(worker):
        return False
    _, boot, process, started = worker.rsplit("/", 3)
    return boot.partition(":")[0] != boot_id() or str(_start_time(int(process))) != started


def _pid_namespace() -> str:
    """Linux's id of the set of processes that see each other (man 7 pid_namespaces).

    Not cached: a forked child may enter another one.
    """
    try:
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""


@cache
def boot_id() -> str:
    """Linux's id of this boot; elsewhere, when the machine was started."""
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
    """The start time by Linux's own count, which no clock change moves (man 5 proc_pid_stat)."""
    stat_file = Path(f"/proc/{process}/stat")
    if not stat_file.exists():
        return None
    return int(stat_file.read_text().rpartition(")")[2].split()[19])
