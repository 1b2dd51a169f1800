"""The machine that Regulars runs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from engine.doctor.http import Web
from engine.doctor.machine import SYNCED, Machine, Mount, clock, disk, prefect, system_of
from engine.doctor.machine import this_machine as the_real_one
from engine.live.finding import Finding
from shop.db.engine import open_database
from tests.cafe import MARCH, Cafe
from tests.engine.doctor.world import SHOP, THROUGH_SENDGRID, THROUGH_SMTP, file_of, warned, wrong

GB = 1_000_000_000


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    return Cafe(sqlite, tmp_path, SHOP + "sending:\n  from: Ana <ana@cornercafe.com>\n")


def machine(free: int = 80 * GB, mounts: list[Mount] | None = None) -> Machine:
    return Machine(lambda: MARCH, lambda _: free, lambda: mounts or [Mount(Path("/"), "ext4")])


def web(**answer: object) -> Web:
    return Web(httpx.MockTransport(lambda _: httpx.Response(200, **answer)))  # type: ignore[arg-type]  # httpx's


@pytest.mark.parametrize(
    ("free", "kind"),
    [(GB, "ok"), (GB - 1, "warning"), (100_000_000, "warning"), (99_999_999, "wrong")],
)
def test_how_much_room_is_enough(cafe: Cafe, free: int, kind: str) -> None:
    assert {one.kind for one in disk(cafe.shop, machine(free))} == {kind}


@pytest.mark.parametrize(
    "folder",
    ["Dropbox", "Dropbox (Personal)", "OneDrive", "OneDrive - Corner Café", "Mobile Documents",
     "com~apple~CloudDocs", "Google Drive", "GoogleDrive-ana@cornercafe.com", "My Drive",
     "CloudStorage", "Nextcloud"],
)  # fmt: skip
def test_a_folder_that_others_copy_is_no_place_for_a_database(cafe: Cafe, folder: str) -> None:
    within = cafe.path.parent / folder / "cafe"
    within.mkdir(parents=True)
    cafe.shop = replace(cafe.shop, engine=open_database("sqlite:///regulars.db", beside=within))
    [said] = wrong(disk(cafe.shop, machine()))
    assert f"lies in {folder}" in said


def test_other_folders_are_no_trouble() -> None:
    others = ["dropbox-old-menus", "drive", "cafe", "icloudy", "boxes", "onedriver"]
    assert not any(SYNCED.fullmatch(one) for one in others)


def test_a_disk_of_another_machine_is_no_place_for_a_database(cafe: Cafe) -> None:
    here = cafe.path.parent
    mounts = [Mount(Path("/"), "ext4"), Mount(here, "nfs4"), Mount(here / "elsewhere", "tmpfs")]
    assert "(nfs4)" in wrong(disk(cafe.shop, machine(mounts=mounts)))[0]
    hidden = [*mounts, Mount(here, "ext4")]
    assert system_of(here / "regulars.db", [Mount(Path("/"), "cifs"), mounts[1]]) == "nfs4"
    assert system_of(here / "elsewhere" / "x", hidden) == "tmpfs"


def test_keys_that_everybody_may_read_are_wrong(cafe: Cafe) -> None:
    env = cafe.path.parent / ".env"
    assert disk(cafe.shop, machine()) != []
    env.write_text("A=secret word")
    env.chmod(0o644)
    [found] = [one for one in disk(cafe.shop, machine()) if one.kind == "wrong"]
    assert found.remedy == f"Run: chmod 600 {env}"
    assert "secret word" not in str(found)
    env.chmod(0o600)
    assert wrong(disk(cafe.shop, machine())) == []


def dated(off: timedelta) -> Web:
    return web(headers={"date": format_datetime(MARCH - off, usegmt=True)})


@pytest.mark.parametrize(
    ("off", "kind", "said"),
    [
        (timedelta(), "ok", "Tuesday, 10:00 at the shop"),
        (timedelta(minutes=2), "ok", "right"),
        (timedelta(minutes=-2), "ok", "right"),
        (timedelta(minutes=2, seconds=1), "wrong", "fast"),
        (timedelta(minutes=-61), "wrong", "61 minutes slow"),
    ],
)
@pytest.mark.parametrize("through", [THROUGH_SMTP, THROUGH_SENDGRID])
def test_two_minutes_off_are_allowed(
    cafe: Cafe, through: str, off: timedelta, kind: str, said: str
) -> None:
    cafe.shop = replace(cafe.shop, file=file_of(cafe.path.parent, SHOP + through))
    [found] = clock(cafe.shop, machine(), dated(off))
    assert (found.kind, said in found.what) == (kind, True)


def test_where_nobody_else_tells_the_time_it_is_shown(cafe: Cafe) -> None:
    for silent in (web(), web(headers={"date": "yesterday"})):
        [said] = warned(clock(cafe.shop, machine(), silent))
        assert "10:00 at the shop (Europe/Lisbon)" in said


def test_a_slow_answer_makes_no_wrong_clock(cafe: Cafe) -> None:
    times = iter([MARCH, MARCH, MARCH + timedelta(minutes=6)])

    def ticking() -> datetime:
        return next(times)

    [found] = clock(cafe.shop, replace(machine(), clock=ticking), dated(timedelta(minutes=-3)))
    assert found.kind == "ok"


def test_prefects_server_is_only_a_warning(cafe: Cafe) -> None:
    def refused(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert prefect(None, web()) == []
    found: list[Finding] = prefect("http://127.0.0.1:4200/api", web(text="true"))
    assert [one.kind for one in found] == ["ok"]
    broken = prefect("http://127.0.0.1:4200/api", Web(httpx.MockTransport(refused)))
    assert [one.kind for one in broken] == ["warning"]


def test_this_machine_answers(tmp_path: Path) -> None:
    real = the_real_one()
    assert real.clock().tzinfo
    assert real.free(tmp_path) > 0
    assert system_of(tmp_path, real.mounts())
