"""The journal tells what was handed over by a process that died."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.senders.journal import Journal, recall_messages, remove_journals
from settings.errors import UnavailableError
from shop.db.workers import current_worker

LEASE_OWNER = f"00c0ffee@{current_worker()}"


def recalled(folder: Path, lease_owner: str = LEASE_OWNER) -> tuple[set[str], set[str]]:
    messages = recall_messages(folder, dict.fromkeys(["one", "two", "three", "four"], lease_owner))
    return set(messages.accepted), set(messages.in_doubt)


def test_only_messages_sent_without_an_answer_are_in_doubt(tmp_path: Path) -> None:
    journal = Journal(tmp_path, LEASE_OWNER)
    journal.note_sending(["one", "two", "three"])
    journal.note_accepted(["one"])
    journal.note_rejected(["two"])
    assert recalled(tmp_path) == ({"one"}, {"three"})


def test_the_latest_attempt_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path, LEASE_OWNER)
    journal.note_sending(["one"])
    journal.note_rejected(["one"])
    journal.note_sending(["one"])
    assert recalled(tmp_path) == (set(), {"one"})


def test_without_a_journal_all_messages_are_in_doubt(tmp_path: Path) -> None:
    assert recalled(tmp_path) == (set(), {"one", "two", "three", "four"})


def test_after_a_machine_crash_unnoted_messages_are_in_doubt(tmp_path: Path) -> None:
    host, _, process, started = current_worker().rsplit("/", 3)
    lease_owner = f"00c0ffee@{host}/another-boot/{process}/{started}"
    journal = Journal(tmp_path, lease_owner)
    journal.note_sending(["one", "two"])
    journal.note_accepted(["one"])
    journal.note_rejected(["two"])
    assert recalled(tmp_path, lease_owner) == ({"one"}, {"three", "four"})


def test_half_a_line_is_no_note(tmp_path: Path) -> None:
    Journal(tmp_path, LEASE_OWNER).note_sending(["one"])
    path = next(tmp_path.glob("*.journal"))
    path.write_text(path.read_text() + "+on")
    assert recalled(tmp_path) == (set(), {"one"})


def test_a_journal_that_cannot_be_written_stops_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match=r"00c0ffee\.journal cannot be written"):
        Journal(tmp_path / "file", LEASE_OWNER)


def test_a_settled_journal_goes_with_its_delivery(tmp_path: Path) -> None:
    with Journal(tmp_path, LEASE_OWNER) as journal:
        journal.note_sending(["one"])
        journal.note_accepted(["one"])
        journal.clear()
    assert list(tmp_path.iterdir()) == []


def test_an_unsettled_journal_stays_until_it_is_forgotten(tmp_path: Path) -> None:
    with Journal(tmp_path, LEASE_OWNER) as journal:
        journal.note_sending(["one"])
    assert recalled(tmp_path) == (set(), {"one"})
    remove_journals(tmp_path, [LEASE_OWNER])
    assert list(tmp_path.iterdir()) == []


def test_a_journal_outlives_a_delivery_that_broke_off_before_its_first_note(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Journal(tmp_path, LEASE_OWNER):
        raise KeyboardInterrupt
    assert recalled(tmp_path) == (set(), set())


@pytest.mark.parametrize("damage", [b"\0", b"\xff\xfe\n", b"?one\n", b"\n\n"])
def test_with_a_damaged_journal_all_messages_are_in_doubt(damage: bytes, tmp_path: Path) -> None:
    Journal(tmp_path, LEASE_OWNER).note_sending(["one"])
    path = next(tmp_path.glob("*.journal"))
    path.write_bytes(path.read_bytes() + damage + b"\n")
    assert recalled(tmp_path) == (set(), {"one", "two", "three", "four"})
    remove_journals(tmp_path, [])
