"""The last check of a batch: which of its mails it reads again, and what its own failure means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from engine.delivery.send_check import BatchCheck, CheckFailedError
from settings.errors import DatabaseLostError
from shop.db.change_watch import ChangeWatch


@dataclass
class FakeWatch(ChangeWatch):
    """Sees the next change once."""

    changed: bool = False

    def has_changed(self) -> bool:
        changed, self.changed = self.changed, False
        return changed


def test_an_opt_out_before_a_refused_request_is_repeated_in_parts_keeps_its_mail_back() -> None:
    watch, opted_out = FakeWatch(), set[str]()
    check = BatchCheck(["ana", "bruno", "clara"], watch, opted_out.intersection)
    assert check.permitted(["ana", "bruno"]) == ["ana", "bruno"]
    opted_out.add("bruno")
    watch.changed = True
    assert check.permitted(["ana"]) == ["ana"]
    assert check.permitted(["bruno"]) == []
    assert check.permitted(["clara"]) == ["clara"]


def test_a_mail_is_read_again_only_after_a_change() -> None:
    watch = FakeWatch()
    readings: list[Sequence[str]] = []

    def nothing(message_ids: Sequence[str]) -> list[str]:
        readings.append(message_ids)
        return []

    check = BatchCheck(["ana", "bruno"], watch, nothing)
    check.permitted(["ana", "bruno"])
    watch.changed = True
    for _ in range(2):
        check.permitted(["ana"])
        check.permitted(["bruno"])
    assert readings == [["ana"], ["bruno"]]


@pytest.mark.parametrize("cause", [DatabaseLostError("The database is damaged."), KeyError("ana")])
def test_a_check_that_fails_ends_the_delivery_and_not_one_mail(cause: Exception) -> None:
    def fail(_message_ids: Sequence[str]) -> list[str]:
        raise cause

    check = BatchCheck(["ana"], FakeWatch(changed=True), fail)
    with pytest.raises(CheckFailedError, match=r"The database is damaged|KeyError"):
        check.permitted(["ana"])
