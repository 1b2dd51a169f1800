"""The machine: its clock, its disk, where the database lies, and who may read the secrets."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from engine.doctor.http import Unreachable, Web
from engine.live.finding import About, Desk, Finding
from engine.live.fingerprint import door
from engine.live.network import stays_inside
from engine.open.open_shop import OpenShop

LITTLE, NONE_LEFT = 1_000_000_000, 100_000_000  # bytes
MOST_OFF = timedelta(minutes=2)
SYNCED = re.compile(
    r"dropbox(?: \(.+\))?|onedrive(?: - .+|-.+)?|icloud ?drive|icloud|mobile documents"
    r"|com~apple~clouddocs|google ?drive(?:-.+)?|my drive|cloudstorage|nextcloud|owncloud"
    r"|pcloud ?drive|megasync|box sync",
    re.IGNORECASE,
)
FAR = re.compile(
    r"(?:nfs\d?|cifs|smb\w*|afpfs|webdav|davfs2?|9p|ceph|glusterfs|lustre|drvfs"
    r"|fuse\.(?:sshfs|rclone|glusterfs|davfs2?|s3fs|gcsfuse))"
)
MOVE = "Move the folder to this machine's own disk, and start Regulars there."
desk = Desk(About.MACHINE)


@dataclass(frozen=True)
class Mount:
    """Where a disk hangs in the tree of folders."""

    folder: Path
    system: str


@dataclass(frozen=True)
class Machine:
    """What is asked of the system; tests answer themselves."""

    clock: Callable[[], datetime]
    free: Callable[[Path], int]
    mounts: Callable[[], Sequence[Mount]]


def this_machine() -> Machine:
    import psutil

    def mounts() -> list[Mount]:
        return [Mount(Path(one.mountpoint), one.fstype) for one in psutil.disk_partitions(all=True)]

    def free(folder: Path) -> int:
        return int(psutil.disk_usage(str(folder)).free)

    return Machine(lambda: datetime.now(UTC), free, mounts)


def disk(shop: OpenShop, machine: Machine) -> list[Finding]:
    return [*_space(shop, machine), *_place(shop, machine), *_secrets(shop)]


def database_file(shop: OpenShop) -> Path | None:
    """None where the data is with PostgreSQL, or nowhere at all."""
    name = shop.engine.url.database
    if shop.engine.dialect.name != "sqlite" or name in (None, "", ":memory:"):
        return None
    return Path(str(name)).absolute()


def _space(shop: OpenShop, machine: Machine) -> Iterator[Finding]:
    file = database_file(shop)
    for folder in dict.fromkeys([file.parent if file else shop.folder, shop.folder]):
        free = machine.free(folder)
        said = f"{free / 1_000_000_000:.1f} GB" if free >= LITTLE else f"{free // 1_000_000} MB"
        what = f"There is room for {said} in {folder}."
        if free >= LITTLE:
            yield desk.ok(what)
        else:
            judged = desk.wrong if free < NONE_LEFT else desk.warning
            yield judged(what, "Make room: without it nothing can be kept, and so nothing is sent.")


def _place(shop: OpenShop, machine: Machine) -> Iterator[Finding]:
    file = database_file(shop)
    if file is None:
        return
    whole = file.resolve()
    synced = next((part for part in whole.parts if SYNCED.fullmatch(part)), None)
    if synced:
        yield desk.wrong(
            f"The database lies in {synced}, which copies it while it is written: that breaks it,"
            " and two machines may send the same mail.",
            MOVE,
        )
    far = system_of(whole, machine.mounts())
    if FAR.fullmatch(far):
        yield desk.wrong(
            f"The database lies on a disk of another machine ({far}): SQLite cannot be locked"
            " there, and breaks.",
            MOVE + " Or take PostgreSQL: database: in config.yaml.",
        )


def system_of(path: Path, mounts: Sequence[Mount]) -> str:
    """The kind of the disk a file lies on: of all that hang above it, the lowest."""
    above = [one for one in mounts if path.is_relative_to(one.folder)]
    # Of two at the same place, the one hung there last hides the other.
    return max(above, key=lambda one: len(one.folder.parts), default=Mount(path, "")).system


def _secrets(shop: OpenShop) -> Iterator[Finding]:
    """Windows keeps rights in another way."""
    file = shop.folder / ".env"
    if os.name != "posix" or not file.exists():
        return
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield desk.wrong(
            f"Everybody on this machine may read your keys: {file}.", f"Run: chmod 600 {file}"
        )
    else:
        yield desk.ok("Nobody else on this machine may read your keys.")


def clock(shop: OpenShop, machine: Machine, web: Web) -> list[Finding]:
    """Another machine's word for the time stands in every answer (RFC 9110 §6.6.1)."""
    zone, now = shop.file.shop.timezone, machine.clock().astimezone(shop.file.shop.zone)
    spoken = f"It is {now:%A, %H:%M} at the shop ({zone})."
    for url in _others(shop):
        off = _off(url, machine, web)
        if off is not None:
            return [_judged(off, spoken)]
    return [
        desk.warning(
            f"{spoken} No other machine was there to compare the clock with.",
            "Is that right? If not, let the system set its clock by the internet (NTP).",
        )
    ]


def _others(shop: OpenShop) -> Iterator[str]:
    public, service = shop.file.shop.public_address, door(shop.file)
    if shop.file.sending.through == "sendgrid" and service and not stays_inside(service):
        yield f"https://{service}/"
    if public and not stays_inside(public.partition("://")[2].partition("/")[0].partition(":")[0]):
        yield f"{public}/health"


def _off(url: str, machine: Machine, web: Web) -> timedelta | None:
    """How far this clock is before the other one; the answer was written somewhere in between."""
    before = machine.clock()
    try:
        said = parsedate_to_datetime(web.get(url).headers.get("date", ""))
    except (Unreachable, ValueError, TypeError):
        return None
    middle = before + (machine.clock() - before) / 2
    return middle - (said if said.tzinfo else said.replace(tzinfo=UTC))


def _judged(off: timedelta, spoken: str) -> Finding:
    if abs(off) <= MOST_OFF:
        return desk.ok(f"The clock is right. {spoken}")
    minutes = round(abs(off).total_seconds() / 60)
    where = "fast" if off > timedelta(0) else "slow"
    return desk.wrong(
        f"This machine's clock is {minutes} minutes {where}: mail goes at wrong times.",
        "Let the system set its clock by the internet (NTP).",
    )


def prefect(address: str | None, web: Web) -> list[Finding]:
    """Its server only keeps records: mail goes without it."""
    if not address:
        return []
    try:
        if web.get(f"{address.rstrip('/')}/health").status == 200:
            return [desk.ok(f"Prefect's server answers at {address}.")]
        why = "it is not well"
    except Unreachable as unreachable:
        why = str(unreachable)
    return [
        desk.warning(
            f"Prefect's server at {address} cannot be used: {why}.",
            "Start it; or take PREFECT_API_URL away, and Regulars starts one of its own.",
        )
    ]
