"""The days after the upgrade: the commands the owner runs, and what leaves the shop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.flows.processes import Prefect, run_in_fork
from tests.upgrade.databases import Database
from tests.upgrade.frozen import SOURCES
from tests.upgrade.services import MailServer, Platforms, SendGrid
from tests.upgrade.snapshot import TODAY, Snapshot, take_snapshot

UPGRADED = "2026-03-06T11:30:00+00:00"
SAME_DAY = "2026-03-06T14:00:00+00:00"
NEXT_DAY = "2026-03-07T11:00:00+00:00"
THROUGH_SENDGRID = ("2026-03-10T11:00:00+00:00", "2026-03-14T11:00:00+00:00")
PAUSED = "points-earned"


@dataclass
class World:
    """A shop, and everything around it."""

    folder: Path
    database: Database
    prefect: Prefect
    platforms: Platforms
    mail_server: MailServer
    sendgrid: SendGrid

    def regulars(self, *words: str) -> str:
        """What a command says; it has to succeed."""
        completed = run_in_fork(self.folder, *words, prefect=self.prefect)
        assert completed.returncode == 0, f"{words}: {completed.stdout}{completed.stderr}"
        return completed.stdout

    def sync_and_run(self, at: str) -> None:
        self.regulars("sync", "--at", at)
        self.regulars("run", "--at", at)

    def waiting(self, rule: str | None = None) -> set[str]:
        listed = json.loads(self.regulars("waiting", "--json"))["waiting"]
        return {mail["id"] for mail in listed if rule in (None, mail["rule"])}

    def in_doubt(self) -> set[str]:
        listed = json.loads(self.regulars("doubt", "list", "--json"))["in_doubt"]
        return {mail["id"] for mail in listed}

    def delivered(self) -> Sequence[str]:
        """The ids of the mails that left, each as often as it did."""
        return [mail.message_id for mail in self.mail_server.mails] + self.sendgrid.taken

    def snapshot(self) -> Snapshot:
        return take_snapshot(self.database, TODAY)


@dataclass(frozen=True)
class Observations:
    """What was observed during the upgrade."""

    opened: Snapshot  # the migrations have run, and nothing else
    waiting_that_day: set[str]
    in_doubt_that_day: set[str]
    delivered_while_paused: set[str]
    end: Snapshot
    in_doubt_at_the_end: set[str]


def upgrade(world: World) -> Observations:
    world.regulars("check")
    world.waiting()  # opens the database, which brings it up to date
    opened = world.snapshot()
    read_all_again(world.folder)
    world.sync_and_run(UPGRADED)
    paused = set(world.delivered())
    world.regulars("start", PAUSED)
    world.regulars("run", "--at", SAME_DAY)
    waiting, doubtful = world.waiting(), world.in_doubt()
    go_on(world)
    world.regulars("points", "verify")
    end, at_the_end = world.snapshot(), world.in_doubt()
    return Observations(opened, waiting, doubtful, paused, end, at_the_end)


def go_on(world: World) -> None:
    """The following days; then the owner changes to SendGrid and approves the second welcomes."""
    world.sync_and_run(NEXT_DAY)
    config = world.folder / "config.yaml"
    config.write_text(config.read_text().replace("through: smtp", "through: sendgrid"))
    world.sync_and_run(THROUGH_SENDGRID[0])
    if second_welcomes := world.waiting("welcome"):
        world.regulars("approve", *sorted(second_welcomes), "--at", THROUGH_SENDGRID[0])
    world.regulars("run", "--at", THROUGH_SENDGRID[1])


def read_all_again(folder: Path) -> None:
    """An empty line makes each list a new one, in which everything is as it was."""
    for name in SOURCES:
        with (folder / name).open("a") as file:
            file.write("\n")
