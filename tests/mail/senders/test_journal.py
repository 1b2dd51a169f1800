"""The journal tells what was handed over by a process that died."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mail.senders import journal_file
from mail.senders.journal import Journal, recall_messages, remove_journals
from mail.senders.journal_format import SLOT_BYTES
from mail.senders.protocol import RecallResult
from settings.errors import UnavailableError
from shop.db.workers import current_worker

LEASE_OWNER = f"00c0ffee@{current_worker()}"
HOST, BOOT, _PROCESS, _STARTED = current_worker().rsplit("/", 3)
DEAD = f"00c0ffee@{HOST}/{BOOT}/4194305/1"
OTHER_CONTAINER = f"00c0ffee@{HOST}/{BOOT.partition(':')[0]}:other/1/1"
EARLIER_CONTAINER = f"00c0ffee@3f1c2a/{BOOT.partition(':')[0]}:other/1/1"  # of this machine
OTHER_MACHINE = "00c0ffee@elsewhere/another-boot:/1/1"
EARLIER_BOOT = f"00c0ffee@{HOST}/another-boot:/1/1"
SOME_PLACES = {*range(0, 900, 17), *range(0, 900, SLOT_BYTES)}
ALL = {"one", "two", "three", "four"}


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


def left_by(lease_owner: str, folder: Path) -> Path:
    """The journal of a holder that has ended: one was accepted, two rejected, three begun."""
    with Journal(folder, lease_owner) as journal:
        journal.begin_batch(["one", "two", "three"])
        journal.note_sending(["one"])
        journal.note_accepted(["one"])
        journal.note_sending(["two"])
        journal.note_rejected(["two"])
        journal.note_sending(["three"])
    return folder / "00c0ffee.journal"


@pytest.mark.parametrize(
    ("lease_owner", "in_doubt"),
    [
        (DEAD, {"three"}),
        (OTHER_CONTAINER, {"three"}),  # its lock is gone
        (EARLIER_CONTAINER, {"three"}),
        (EARLIER_BOOT, {"three"}),  # what was not planned was not begun
        (OTHER_MACHINE, {"two", "three", "four"}),
    ],
)
def test_only_of_a_holder_that_has_ended_unnoted_messages_are_unsent(
    lease_owner: str, in_doubt: set[str], tmp_path: Path
) -> None:
    left_by(lease_owner, tmp_path)
    assert recalled(tmp_path, lease_owner) == ({"one"}, in_doubt)


@pytest.mark.parametrize(
    "lease_owner", [OTHER_CONTAINER, EARLIER_CONTAINER, OTHER_MACHINE, EARLIER_BOOT]
)
def test_of_a_holder_that_may_go_on_only_accepted_messages_are_certain(
    lease_owner: str, tmp_path: Path
) -> None:
    with Journal(tmp_path, lease_owner) as journal:
        journal.note_sending(["one", "two"])
        journal.note_accepted(["one"])
        journal.note_rejected(["two"])
        assert recalled(tmp_path, lease_owner) == ({"one"}, {"two", "three", "four"})
        remove_journals(tmp_path, [lease_owner])
        assert (tmp_path / "00c0ffee.journal").exists()


@pytest.mark.parametrize("lease_owner", [OTHER_CONTAINER, EARLIER_CONTAINER])
def test_of_another_container_that_could_lock_nothing_only_noted_messages_are_certain(
    lease_owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network drive without locks it may be suspended, and go on."""
    monkeypatch.setattr(journal_file, "_lock", lambda _file, **_: False)
    left_by(lease_owner, tmp_path)
    monkeypatch.undo()
    assert recalled(tmp_path, lease_owner) == ({"one"}, {"two", "three", "four"})


def test_without_a_boot_id_of_linux_another_host_is_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines may have been started in the same second."""
    monkeypatch.setattr("shop.db.workers.boot_id", lambda: "1750000000")
    lease_owner = "00c0ffee@elsewhere/1750000000:/1/1"
    left_by(lease_owner, tmp_path)
    assert recalled(tmp_path, lease_owner) == ({"one"}, {"two", "three", "four"})


def test_a_journal_cut_anywhere_vouches_for_nothing(tmp_path: Path) -> None:
    path = left_by(DEAD, tmp_path)
    whole = path.read_bytes()
    for length in (*SOME_PLACES, len(whole) - SLOT_BYTES, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert recalled(tmp_path, DEAD) == (set(), ALL), length


def test_a_journal_zeroed_from_anywhere_vouches_for_nothing(tmp_path: Path) -> None:
    path = left_by(DEAD, tmp_path)
    whole = path.read_bytes()
    for start in (*SOME_PLACES, len(whole) - SLOT_BYTES, len(whole) - 1):
        path.write_bytes(whole[:start] + bytes(len(whole) - start))
        assert recalled(tmp_path, DEAD) == (set(), ALL), start


def test_a_journal_with_one_wrong_byte_vouches_for_nothing(tmp_path: Path) -> None:
    path = left_by(DEAD, tmp_path)
    whole = path.read_bytes()
    for place in SOME_PLACES:
        path.write_bytes(whole[:place] + b"x" + whole[place + 1 :])
        assert recalled(tmp_path, DEAD) == (set(), ALL), place


def test_the_journal_of_another_holder_vouches_for_nothing(tmp_path: Path) -> None:
    left_by(DEAD, tmp_path)
    another = DEAD.replace("4194305", "4194306")
    assert recalled(tmp_path, another) == (set(), ALL)


def test_notes_of_an_earlier_batch_do_not_count(tmp_path: Path) -> None:
    with Journal(tmp_path, DEAD) as journal:
        journal.note_sending(["one", "two"])
        journal.clear()
        journal.note_sending(["three"])
    assert recalled(tmp_path, DEAD) == (set(), {"three"})


def test_a_journal_has_room_for_any_number_of_notes(tmp_path: Path) -> None:
    names = [f"{number}" for number in range(5_000)]
    with Journal(tmp_path, DEAD) as journal:
        journal.note_sending([*names, "y" * 200])
        journal.note_accepted(names)
    messages = recall_messages(tmp_path, dict.fromkeys([*names, "y" * 200], DEAD))
    assert messages == RecallResult(frozenset(names), frozenset({"y" * 200}))


@pytest.mark.parametrize("pace", [0.0, 1.0])
def test_a_power_cut_leaves_about_ten_messages_in_doubt(
    pace: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk keeps what was written before the latest sync, at best with what came after."""
    clock = [0.0]
    monkeypatch.setattr("mail.senders.journal.time.monotonic", lambda: clock[0])
    kept: list[bytes] = []
    monkeypatch.setattr(
        journal_file, "_write_to_disk", lambda file: kept.append(os.pread(file, 10**6, 0))
    )
    names = [f"{number:032}" for number in range(120)]
    most = 0
    disk = tmp_path / "disk"
    disk.mkdir()
    with Journal(tmp_path / "live", EARLIER_BOOT) as journal:
        journal.begin_batch(names)
        for number, name in enumerate(names):
            journal.note_sending([name])
            (disk / "00c0ffee.journal").write_bytes(kept[-1])
            recalled = recall_messages(disk, dict.fromkeys(names, EARLIER_BOOT))
            assert recalled.accepted | recalled.in_doubt >= set(names[: number + 1])
            most = max(most, len(recalled.in_doubt))
            clock[0] += pace
            journal.note_accepted([name])
    assert 1 <= most <= 17


def test_a_message_begun_again_is_in_doubt_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(
        journal_file, "_write_to_disk", lambda file: kept.append(os.pread(file, 10**6, 0))
    )
    with Journal(tmp_path / "live", EARLIER_BOOT) as journal:
        journal.note_sending(["one"])
        journal.note_rejected(["one"])
        journal.note_sending(["one"])
    (tmp_path / "00c0ffee.journal").write_bytes(kept[-1])
    assert recalled(tmp_path, EARLIER_BOOT) == (set(), {"one"})


FIRST_FORMAT = ">one\n+one\n>two\n-two\n>three\n"


def test_a_journal_of_release_0_1_0_counts_where_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "00c0ffee.journal").write_text(f"{DEAD}\n{FIRST_FORMAT}")
    assert recalled(tmp_path, DEAD) == ({"one"}, {"three"})


@pytest.mark.parametrize("lease_owner", [OTHER_CONTAINER, EARLIER_BOOT])
def test_what_release_0_1_0_did_not_note_elsewhere_is_in_doubt(
    lease_owner: str, tmp_path: Path
) -> None:
    (tmp_path / "00c0ffee.journal").write_text(f"{lease_owner}\n{FIRST_FORMAT}")
    accepted, in_doubt = recalled(tmp_path, lease_owner)
    assert accepted == {"one"}
    assert in_doubt >= {"three", "four"}


@pytest.mark.parametrize(
    "content",
    ["", DEAD, DEAD[:20] + "\n", f"{OTHER_MACHINE}\n", f"{DEAD}\n{FIRST_FORMAT}+on",
     f"{DEAD}\n{FIRST_FORMAT}\0\0\n"],
)  # fmt: skip
def test_a_damaged_journal_of_release_0_1_0_vouches_for_nothing(
    content: str, tmp_path: Path
) -> None:
    (tmp_path / "00c0ffee.journal").write_text(content)
    assert recalled(tmp_path, DEAD) == (set(), ALL)


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
    path = left_by(DEAD, tmp_path)
    content = path.read_bytes()
    slot = content.index(b"\n>three") + 1 + SLOT_BYTES
    path.write_bytes(content[:slot] + damage + content[slot + len(damage) :])
    assert recalled(tmp_path, DEAD) == (set(), ALL)
    remove_journals(tmp_path, [])


def test_a_stale_journal_is_removed_whatever_its_holder_is_called(tmp_path: Path) -> None:
    lease_owner = "morning-2026-03-03@morning letter"
    with Journal(tmp_path, lease_owner) as journal:
        journal.note_sending(["one"])
    [path] = tmp_path.iterdir()
    os.utime(path, (0, 0))
    remove_journals(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
