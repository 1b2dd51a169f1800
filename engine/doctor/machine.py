"""Checks the machine: clock, disk space, the database's location, permissions of `.env`, and
Prefect.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from engine.doctor.http import HttpClient, UnreachableError
from engine.live.finding import Finding, Reporter, Topic
from engine.live.fingerprint import transport_host
from engine.live.network import is_private_network
from engine.open.open_shop import OpenShop
from mail.senders.registry import get_provider
from settings.errors import DatabaseLostError
from shop.db.integrity import check_integrity
from templates.language import ENGLISH

MIN_FREE, CRITICAL_FREE = 1_000_000_000, 100_000_000  # bytes
MAX_CLOCK_OFFSET = timedelta(minutes=2)
SYNC_FOLDER_PATTERN = re.compile(
    r"dropbox(?: \(.+\))?|onedrive(?: - .+|-.+)?|icloud ?drive|icloud|mobile documents"
    r"|com~apple~clouddocs|google ?drive(?:-.+)?|my drive|cloudstorage|nextcloud|owncloud"
    r"|pcloud ?drive|megasync|box sync",
    re.IGNORECASE,
)
NETWORK_FILESYSTEM_PATTERN = re.compile(
    r"(?:nfs\d?|cifs|smb\w*|afpfs|webdav|davfs2?|9p|ceph|glusterfs|lustre|drvfs"
    r"|fuse\.(?:sshfs|rclone|glusterfs|davfs2?|s3fs|gcsfuse))"
)
MOVE_REMEDY = "Move the folder to this machine's own disk, and start Regulars there."
DAMAGED = "The database is damaged."
report = Reporter(Topic.MACHINE)


@dataclass(frozen=True)
class Mount:
    """A mounted filesystem: its mount point and its type."""

    folder: Path
    filesystem: str


@dataclass(frozen=True)
class Machine:
    """Access to the operating system; tests replace it."""

    now: Callable[[], datetime]
    free_bytes: Callable[[Path], int]
    mounts: Callable[[], Sequence[Mount]]


def this_machine() -> Machine:
    """Returns the `Machine` that reads this computer's clock, disk usage and mounts (psutil)."""
    import psutil

    def mounts() -> list[Mount]:
        return [
            Mount(Path(partition.mountpoint), partition.fstype)
            for partition in psutil.disk_partitions(all=True)
        ]

    def free(path: Path) -> int:
        return int(psutil.disk_usage(str(path)).free)

    return Machine(lambda: datetime.now(UTC), free, mounts)


def check_disk(shop: OpenShop, machine: Machine) -> list[Finding]:
    """Check the free space, the database's location and who may read `.env`."""
    return [
        *_check_space(shop, machine),
        *_check_database_location(shop, machine),
        *_check_env_file(shop),
    ]


def database_file(shop: OpenShop) -> Path | None:
    """Returns the path of the SQLite file; None for PostgreSQL and for an in-memory database."""
    name = shop.engine.url.database
    if shop.engine.dialect.name != "sqlite" or name in (None, "", ":memory:"):
        return None
    return Path(str(name)).absolute()


def check_database(shop: OpenShop) -> list[Finding]:
    """Check whether the database's file is damaged; reads every page of it."""
    try:
        check_integrity(shop.engine)
    except DatabaseLostError as error:
        return [report.wrong(DAMAGED, str(error))]
    return [report.ok("The database is whole.")]


def _check_space(shop: OpenShop, machine: Machine) -> Iterator[Finding]:
    database = database_file(shop)
    for folder in dict.fromkeys([database.parent if database else shop.folder, shop.folder]):
        free_bytes = machine.free_bytes(folder)
        amount = (
            f"{free_bytes / 1_000_000_000:.1f} GB"
            if free_bytes >= MIN_FREE
            else f"{free_bytes // 1_000_000} MB"
        )
        message = f"There is room for {amount} in {folder}."
        if free_bytes >= MIN_FREE:
            yield report.ok(message)
        else:
            finding = report.wrong if free_bytes < CRITICAL_FREE else report.warning
            yield finding(
                message, "Make room: without it nothing can be kept, and so nothing is sent."
            )


def _check_database_location(shop: OpenShop, machine: Machine) -> Iterator[Finding]:
    database = database_file(shop)
    if database is None:
        return
    path = database.resolve()
    sync_folder = next(
        (folder for folder in path.parts if SYNC_FOLDER_PATTERN.fullmatch(folder)), None
    )
    if sync_folder:
        yield report.wrong(
            f"The database lies in {sync_folder}, which copies it while it is written: that breaks"
            " it, and two machines may send the same mail.",
            MOVE_REMEDY,
        )
    filesystem_type = filesystem_of(path, machine.mounts())
    if NETWORK_FILESYSTEM_PATTERN.fullmatch(filesystem_type):
        yield report.wrong(
            f"The database lies on a disk of another machine ({filesystem_type}): SQLite cannot be"
            " locked there, and breaks.",
            MOVE_REMEDY + " Or take PostgreSQL: database: in config.yaml.",
        )


def filesystem_of(path: Path, mounts: Sequence[Mount]) -> str:
    """Returns the filesystem type of the mount point nearest above `path`."""
    candidates = [mount for mount in mounts if path.is_relative_to(mount.folder)]
    # Of two at the same mount point the later hides the earlier, and `max` keeps the first.
    return max(
        reversed(candidates), key=lambda mount: len(mount.folder.parts), default=Mount(path, "")
    ).filesystem


def _check_env_file(shop: OpenShop) -> Iterator[Finding]:
    """POSIX only: Windows has no mode bits."""
    env_file = shop.folder / ".env"
    if os.name != "posix" or not env_file.exists():
        return
    if stat.S_IMODE(env_file.stat().st_mode) & 0o077:
        yield report.wrong(
            f"Everybody on this machine may read your keys: {env_file}.",
            f"Run: chmod 600 {env_file}",
        )
    else:
        yield report.ok("Nobody else on this machine may read your keys.")


def check_clock(shop: OpenShop, machine: Machine, http: HttpClient) -> list[Finding]:
    """Compare the clock with the `Date` header of another server (RFC 9110 §6.6.1).

    Asks the mail provider or the shop's public address; more than `MAX_CLOCK_OFFSET` is an error.
    """
    zone, now = shop.config.shop.timezone, machine.now().astimezone(shop.config.shop.zone)
    language = ENGLISH
    shop_time = f"It is {language.weekday(now)}, {language.time(now)} at the shop ({zone})."
    for url in _time_urls(shop):
        offset = _clock_offset(url, machine, http)
        if offset is not None:
            return [_clock_finding(offset, shop_time)]
    return [
        report.warning(
            f"{shop_time} No other machine was there to compare the clock with.",
            "Is that right? If not, let the system set its clock by the internet (NTP).",
        )
    ]


def _time_urls(shop: OpenShop) -> Iterator[str]:
    public, sending = shop.config.shop.public_address, shop.config.sending
    transport, provider = transport_host(shop.config), get_provider(sending.through)
    api_url = provider.api_url(sending.account) if sending.account else None
    if api_url and transport and not is_private_network(transport):
        yield api_url
    if public and not is_private_network(
        public.partition("://")[2].partition("/")[0].partition(":")[0]
    ):
        yield f"{public}/health"


def _clock_offset(url: str, machine: Machine, http: HttpClient) -> timedelta | None:
    """How far the local clock is ahead of the server's, measured at the middle of the request."""
    started = machine.now()
    try:
        remote = parsedate_to_datetime(http.get(url).headers.get("date", ""))
    except (UnreachableError, ValueError, TypeError):
        return None
    middle = started + (machine.now() - started) / 2
    return middle - (remote if remote.tzinfo else remote.replace(tzinfo=UTC))


def _clock_finding(offset: timedelta, shop_time: str) -> Finding:
    if abs(offset) <= MAX_CLOCK_OFFSET:
        return report.ok(f"The clock is right. {shop_time}")
    minutes = round(abs(offset).total_seconds() / 60)
    direction = "fast" if offset > timedelta(0) else "slow"
    return report.wrong(
        f"This machine's clock is {minutes} minutes {direction}: mail goes at wrong times.",
        "Let the system set its clock by the internet (NTP).",
    )


def check_prefect(address: str | None, http: HttpClient) -> list[Finding]:
    """Check that the Prefect server at `address` answers; only a warning, since mail is sent
    without it.
    """
    if not address:
        return []
    try:
        if http.get(f"{address.rstrip('/')}/health").status == 200:
            return [report.ok(f"Prefect's server answers at {address}.")]
        reason = "it is not well"
    except UnreachableError as error:
        reason = str(error)
    return [
        report.warning(
            f"Prefect's server at {address} cannot be used: {reason}.",
            "Start it; or take PREFECT_API_URL away, and Regulars starts one of its own.",
        )
    ]
