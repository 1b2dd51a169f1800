"""The doctor's checks of the machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from engine.doctor.http import HttpClient
from engine.doctor.machine import (
    SYNC_FOLDER_PATTERN,
    Machine,
    Mount,
    check_clock,
    check_disk,
    check_prefect,
    filesystem_of,
)
from engine.doctor.machine import this_machine as the_real_one
from engine.live.finding import Finding
from shop.db.engine import open_database
from tests.cafe import MARCH, Cafe
from tests.engine.doctor.healthy_domain import (
    SHOP,
    THROUGH_SENDGRID,
    THROUGH_SMTP,
    error_messages,
    load_config,
    warning_messages,
)

GB = 1_000_000_000


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    return Cafe(sqlite, tmp_path, SHOP + "sending:\n  from: Ana <ana@cornercafe.com>\n")


def machine(free_bytes: int = 80 * GB, mounts: list[Mount] | None = None) -> Machine:
    return Machine(
        lambda: MARCH, lambda _: free_bytes, lambda: mounts or [Mount(Path("/"), "ext4")]
    )


def http_answering(**response_args: object) -> HttpClient:
    return HttpClient(httpx.MockTransport(lambda _: httpx.Response(200, **response_args)))  # type: ignore[arg-type]  # httpx's


@pytest.mark.parametrize(
    ("free_bytes", "kind"),
    [(GB, "ok"), (GB - 1, "warning"), (100_000_000, "warning"), (99_999_999, "wrong")],
)
def test_free_space_thresholds(cafe: Cafe, free_bytes: int, kind: str) -> None:
    assert {finding.kind for finding in check_disk(cafe.shop, machine(free_bytes))} == {kind}


@pytest.mark.parametrize(
    "folder",
    ["Dropbox", "Dropbox (Personal)", "OneDrive", "OneDrive - Corner Café", "Mobile Documents",
     "com~apple~CloudDocs", "Google Drive", "GoogleDrive-ana@cornercafe.com", "My Drive",
     "CloudStorage", "Nextcloud"],
)  # fmt: skip
def test_a_database_in_a_synchronised_folder_is_an_error(cafe: Cafe, folder: str) -> None:
    synced_folder = cafe.path.parent / folder / "cafe"
    synced_folder.mkdir(parents=True)
    cafe.shop = replace(
        cafe.shop, engine=open_database("sqlite:///regulars.db", base_folder=synced_folder)
    )
    [message] = error_messages(check_disk(cafe.shop, machine()))
    assert f"lies in {folder}" in message


def test_other_folders_are_not_taken_for_synchronised_ones() -> None:
    folders = ["dropbox-old-menus", "drive", "cafe", "icloudy", "boxes", "onedriver"]
    assert not any(SYNC_FOLDER_PATTERN.fullmatch(folder) for folder in folders)


def test_a_database_on_a_network_filesystem_is_an_error(cafe: Cafe) -> None:
    folder = cafe.path.parent
    mounts = [Mount(Path("/"), "ext4"), Mount(folder, "nfs4"), Mount(folder / "elsewhere", "tmpfs")]
    assert "(nfs4)" in error_messages(check_disk(cafe.shop, machine(mounts=mounts)))[0]
    hidden = [*mounts, Mount(folder, "ext4")]
    assert filesystem_of(folder / "regulars.db", [Mount(Path("/"), "cifs"), mounts[1]]) == "nfs4"
    assert filesystem_of(folder / "elsewhere" / "x", hidden) == "tmpfs"
    assert filesystem_of(folder / "regulars.db", hidden) == "ext4"


def test_a_world_readable_env_file_is_an_error(cafe: Cafe) -> None:
    env = cafe.path.parent / ".env"
    assert check_disk(cafe.shop, machine()) != []
    env.write_text("A=secret word")
    env.chmod(0o644)
    [finding] = [
        candidate for candidate in check_disk(cafe.shop, machine()) if candidate.kind == "wrong"
    ]
    assert finding.remedy == f"Run: chmod 600 {env}"
    assert "secret word" not in str(finding)
    env.chmod(0o600)
    assert error_messages(check_disk(cafe.shop, machine())) == []


def http_dated(offset: timedelta) -> HttpClient:
    return http_answering(headers={"date": format_datetime(MARCH - offset, usegmt=True)})


@pytest.mark.parametrize(
    ("offset", "kind", "expected"),
    [
        (timedelta(), "ok", "Tuesday, 10:00 at the shop"),
        (timedelta(minutes=2), "ok", "right"),
        (timedelta(minutes=-2), "ok", "right"),
        (timedelta(minutes=2, seconds=1), "wrong", "fast"),
        (timedelta(minutes=-61), "wrong", "61 minutes slow"),
    ],
)
@pytest.mark.parametrize("through", [THROUGH_SMTP, THROUGH_SENDGRID])
def test_the_clock_may_be_off_by_two_minutes(
    cafe: Cafe, through: str, offset: timedelta, kind: str, expected: str
) -> None:
    cafe.shop = replace(cafe.shop, config=load_config(cafe.path.parent, SHOP + through))
    [finding] = check_clock(cafe.shop, machine(), http_dated(offset))
    assert (finding.kind, expected in finding.message) == (kind, True)


def test_without_a_reference_the_time_is_shown_as_a_warning(cafe: Cafe) -> None:
    for http in (http_answering(), http_answering(headers={"date": "yesterday"})):
        [message] = warning_messages(check_clock(cafe.shop, machine(), http))
        assert "10:00 at the shop (Europe/Lisbon)" in message


def test_a_slow_response_does_not_skew_the_clock_check(cafe: Cafe) -> None:
    times = iter([MARCH, MARCH, MARCH + timedelta(minutes=6)])

    def ticking() -> datetime:
        return next(times)

    [finding] = check_clock(
        cafe.shop, replace(machine(), now=ticking), http_dated(timedelta(minutes=-3))
    )
    assert finding.kind == "ok"


def test_prefects_server_is_only_a_warning(cafe: Cafe) -> None:
    def refused(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert check_prefect(None, http_answering()) == []
    findings: list[Finding] = check_prefect(
        "http://127.0.0.1:4200/api", http_answering(text="true")
    )
    assert [finding.kind for finding in findings] == ["ok"]
    broken = check_prefect("http://127.0.0.1:4200/api", HttpClient(httpx.MockTransport(refused)))
    assert [finding.kind for finding in broken] == ["warning"]


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    real = the_real_one()
    assert real.now().tzinfo
    assert real.free_bytes(tmp_path) > 0
    assert filesystem_of(tmp_path, real.mounts())
