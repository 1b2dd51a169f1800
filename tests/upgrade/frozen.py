"""The frozen shop, laid out on this machine as release 0.1.0 left it there."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.upgrade.databases import Database

SHOP = Path(__file__).with_name("shop-0.1.0")
JOURNALS = Path(".regulars") / "handed-over"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROCESSES = Path("/proc/self/ns/pid")
SOURCES = ("old-customers.csv", "market-stall.csv", "answers.csv")


def platform_records() -> Mapping[str, Mapping[str, Any]]:
    """What Shopify and Square answered."""
    records: Mapping[str, Mapping[str, Any]] = json.loads((SHOP / "platforms.json").read_text())
    return records


def accepted_before(dump: str) -> set[str]:
    """The ids of the mails that a mail service took before the freeze."""
    taken = json.loads((SHOP / "accepted.json").read_text())[dump]
    return {*taken["smtp"], *taken["sendgrid"]}


def journals() -> Mapping[str, str]:
    """The last mark of each mail that a dead process noted: > begun, + taken, - refused."""
    lines = [
        line for path in (SHOP / "handed-over").iterdir() for line in path.read_text().splitlines()
    ]
    return {line[1:]: line[0] for line in lines if line[0] in ">+-"}


def lay_out(folder: Path, database: Database, *, platforms: str, smtp_port: int) -> None:
    """The shop's files in an empty folder, and its rows in an empty database."""
    here = {
        "@@DATABASE@@": database.address,
        "@@PLATFORMS@@": platforms,
        "@@SMTP_PORT@@": str(smtp_port),
        **dead_workers(),
    }
    copy_files(folder)
    for path in (folder / "config.yaml", folder / ".env", *(folder / JOURNALS).iterdir()):
        path.write_text(filled(path.read_text(), here))
    home = database.home()
    places = {"@@HOME@@": home.place, "@@HOME_SPOKEN@@": home.spoken}
    quoted = {name: word.replace("'", "''") for name, word in (here | places).items()}
    database.load(filled((SHOP / f"{database.dump}.sql").read_text(), quoted))


def copy_files(folder: Path) -> None:
    for name in ("config.yaml", *SOURCES):
        shutil.copy(SHOP / name, folder)
    for name in ("templates", "outbox", "returned"):
        shutil.copytree(SHOP / name, folder / name)
    shutil.copy(SHOP / "env", folder / ".env")
    (folder / ".env").chmod(0o600)
    shutil.copytree(SHOP / "handed-over", folder / JOURNALS)


def filled(text: str, words: Mapping[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def dead_workers() -> Mapping[str, str]:
    """Processes of this machine that are no more: one of this boot, one of an earlier one."""
    host, boot, processes = socket.gethostname(), this_boot(), process_namespace()
    return {
        "@@THIS_BOOT@@": f"{host}/{boot}:{processes}",
        "@@EARLIER_BOOT@@": f"{host}/an-earlier-boot:{processes}",
    }


def this_boot() -> str:
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else str(int(psutil.boot_time()))


def process_namespace() -> str:
    try:
        return PROCESSES.readlink().name.strip("pid:[]")
    except OSError:
        return ""
