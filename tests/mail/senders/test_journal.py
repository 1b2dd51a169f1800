"""What a delivery had handed over, told after its death."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.senders.journal import Journal, forget, recall
from settings.errors import OutOfReach
from shop.db.workers import this_worker

HOLDER = f"00c0ffee@{this_worker()}"


def known(folder: Path, holder: str = HOLDER) -> tuple[set[str], set[str]]:
    found = recall(folder, dict.fromkeys(["one", "two", "three", "four"], holder))
    return set(found.has), set(found.may_have)


def test_only_what_was_going_and_never_answered_is_in_doubt(tmp_path: Path) -> None:
    journal = Journal(tmp_path, HOLDER)
    journal.going(["one", "two", "three"])
    journal.taken(["one"])
    journal.not_taken(["two"])
    assert known(tmp_path) == ({"one"}, {"three"})


def test_a_second_try_counts_and_not_the_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path, HOLDER)
    journal.going(["one"])
    journal.not_taken(["one"])
    journal.going(["one"])
    assert known(tmp_path) == (set(), {"one"})


def test_where_there_is_no_journal_all_may_have_gone(tmp_path: Path) -> None:
    assert known(tmp_path) == (set(), {"one", "two", "three", "four"})


def test_after_a_crash_of_the_machine_what_is_not_noted_may_have_gone(tmp_path: Path) -> None:
    host, _, process, started = this_worker().rsplit("/", 3)
    before = f"00c0ffee@{host}/another-boot/{process}/{started}"
    journal = Journal(tmp_path, before)
    journal.going(["one", "two"])
    journal.taken(["one"])
    journal.not_taken(["two"])
    assert known(tmp_path, before) == ({"one"}, {"three", "four"})


def test_half_a_line_is_no_note(tmp_path: Path) -> None:
    Journal(tmp_path, HOLDER).going(["one"])
    path = next(tmp_path.glob("*.journal"))
    path.write_text(path.read_text() + "+on")
    assert known(tmp_path) == (set(), {"one"})


def test_a_journal_that_cannot_be_written_stops_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutOfReach, match=r"00c0ffee\.journal cannot be written"):
        Journal(tmp_path / "file", HOLDER)


def test_a_settled_journal_goes_with_its_delivery(tmp_path: Path) -> None:
    with Journal(tmp_path, HOLDER) as journal:
        journal.going(["one"])
        journal.taken(["one"])
        journal.settled()
    assert list(tmp_path.iterdir()) == []


def test_an_unsettled_journal_stays_until_it_is_forgotten(tmp_path: Path) -> None:
    with Journal(tmp_path, HOLDER) as journal:
        journal.going(["one"])
    assert known(tmp_path) == (set(), {"one"})
    forget(tmp_path, [HOLDER])
    assert list(tmp_path.iterdir()) == []


def test_a_journal_outlives_a_delivery_that_broke_off_before_its_first_note(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Journal(tmp_path, HOLDER):
        raise KeyboardInterrupt
    assert known(tmp_path) == (set(), set())


@pytest.mark.parametrize("damage", [b"\0", b"\xff\xfe\n", b"?one\n", b"\n\n"])
def test_a_damaged_journal_vouches_for_nothing_and_stops_nobody(
    damage: bytes, tmp_path: Path
) -> None:
    Journal(tmp_path, HOLDER).going(["one"])
    path = next(tmp_path.glob("*.journal"))
    path.write_bytes(path.read_bytes() + damage + b"\n")
    assert known(tmp_path) == (set(), {"one", "two", "three", "four"})
    forget(tmp_path, [])
