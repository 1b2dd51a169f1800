"""The no-mail list: written and imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

from engine.backup.suppression_list import import_suppression_list, save_suppression_list
from settings.errors import (
    SourceDataError,
)
from shop.consent.delivery_events import SOFT_BOUNCE_LIMIT, record_events
from shop.consent.imports.suppressions import UndoneImport, undo_import
from shop.consent.suppressions import (
    DeliveryEvent,
    EventKind,
    SuppressionReason,
    dismiss_complaint,
    lift_suppression,
    list_suppressed,
    suppress_address,
)
from shop.db.engine import (
    open_database,
    read_transaction,
    write_transaction,
)
from shop.db.upgrade import prepare_database
from shop.tables import Suppression
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.backup.backup_files import (
    RULES,
)


def listed_reasons(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()[1:]
    return {line.split(",")[0]: line.split(",")[2] for line in lines}


def test_every_opt_out_is_in_the_list(original: Cafe) -> None:
    with write_transaction(original.engine) as connection:
        suppress_address(
            connection, "ana@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
        suppress_address(
            connection, "fine@example.com", SuppressionReason.SOFT_BOUNCES, None, now=MARCH
        )
        lift_suppression(connection, "fine@example.com", "He made room.", now=MARCH)
    assert listed_reasons(save_suppression_list(original.shop)) == {
        "ana@example.com": "complaint",
        "bruno@example.com": "said no",
        "gone@example.com": "hard bounce",
    }


def test_an_opt_out_lists_every_address_of_the_customer(original: Cafe) -> None:
    original.arrive(identities=[_moved("bruno", "bruno@new.example")])
    assert {"bruno@example.com", "bruno@new.example"} <= set(
        listed_reasons(save_suppression_list(original.shop))
    )


def _moved(name: str, address: str) -> dict[str, Any]:
    from tests.rows import identity

    return identity(name, email=address, version=9)


def test_an_empty_shop_imports_the_list(original: Cafe, tmp_path: Path) -> None:
    with write_transaction(original.engine) as connection:
        suppress_address(
            connection, "ana@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
    list_file = save_suppression_list(original.shop)
    folder = tmp_path / "other"
    folder.mkdir()
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    prepare_database(engine)
    other = Cafe(engine, folder, RULES)
    assert import_suppression_list(other.shop, list_file, now=MARCH).addresses == 3
    for name in ("ana", "bruno", "clara"):
        other.customer(name)
        other.cart(name, MARCH - 3 * HOUR)
    other.run()
    assert other.mailed_names() == ["clara"]
    reasons = dict(other.select_all(col(Suppression.address), col(Suppression.reason)))
    assert reasons["ana@example.com"] == "complaint"
    assert reasons["bruno@example.com"] == "by hand"


@pytest.mark.parametrize(
    "text",
    ["ana@example.com\nbruno@example.com\n", "Name;E-mail\nA;Ana@example.com\nB;bruno@example.com",
     "\ufeffaddress,since,reason\r\nana@example.com,,\r\n\r\nbruno@example.com,,said no\r\n"],
)  # fmt: skip
def test_lists_of_other_programs_are_imported(original: Cafe, tmp_path: Path, text: str) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text(text, newline="")
    assert import_suppression_list(original.shop, list_file, now=MARCH).addresses == 2
    suppressed = original.select_all(col(Suppression.address))
    assert {"ana@example.com", "bruno@example.com"} <= set(suppressed)


def test_invalid_lines_are_reported_and_the_others_imported(original: Cafe, tmp_path: Path) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text("address\nana@example.com\nnobody\n")
    imported = import_suppression_list(original.shop, list_file, now=MARCH)
    assert (imported.addresses, imported.unreadable) == (1, (3,))
    with pytest.raises(SourceDataError, match="cannot be read"):
        import_suppression_list(original.shop, tmp_path / "none.csv", now=MARCH)


def test_an_import_suppresses_a_lifted_address_again(original: Cafe, tmp_path: Path) -> None:
    with write_transaction(original.engine) as connection:
        lift_suppression(connection, "gone@example.com", "He made room.", now=MARCH)
    list_file = tmp_path / "list.csv"
    list_file.write_text("gone@example.com\n")
    import_suppression_list(original.shop, list_file, now=MARCH + HOUR)
    assert "gone@example.com" in listed_reasons(save_suppression_list(original.shop))


def reachable_shop(cafe: Cafe, count: int) -> list[str]:
    names = [f"customer-{number}" for number in range(count)]
    for name in names:
        cafe.customer(name)
    return [f"{name}@example.com" for name in names]


@pytest.mark.parametrize(("listed", "refused"), [(1, False), (2, True)])
def test_a_list_of_more_than_a_tenth_changes_nothing_unconfirmed(
    cafe: Cafe, tmp_path: Path, listed: int, refused: bool
) -> None:
    addresses = reachable_shop(cafe, 10)
    list_file = tmp_path / "list.csv"
    list_file.write_text("\n".join([*addresses[:listed], "stranger@example.com"]))
    imported = import_suppression_list(cafe.shop, list_file, now=MARCH, max_silenced=0.1)
    assert (imported.reachable, imported.silenced) == (10, listed)
    assert imported.was_refused is refused
    assert len(cafe.select_all(col(Suppression.address))) == (0 if refused else listed + 1)


def suppressed_addresses(cafe: Cafe) -> set[str]:
    with read_transaction(cafe.engine) as connection:
        return {suppression.address for suppression in list_suppressed(connection)}


def test_an_import_is_undone_as_a_whole_and_nothing_else_with_it(
    cafe: Cafe, tmp_path: Path
) -> None:
    reachable_shop(cafe, 2)
    by_hand, complaint = SuppressionReason.BY_HAND, SuppressionReason.COMPLAINT
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, "before@example.com", by_hand, None, now=MARCH)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("first@example.com\nshared@example.com\n")
    second.write_text(
        "address,since,reason\nbefore@example.com,,complaint\nshared@example.com,,\n"
        "second@example.com,,complaint\nspam@example.com,,\n"
    )
    numbers = [
        import_suppression_list(cafe.shop, file, now=MARCH + HOUR).number
        for file in (first, second)
    ]
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, "spam@example.com", complaint, None, now=MARCH + 2 * HOUR)
        undone = undo_import(connection, now=MARCH + 3 * HOUR)
    assert undone == UndoneImport(numbers[1], "second.csv", MARCH + HOUR, 1)
    assert suppressed_addresses(cafe) == {
        "before@example.com", "first@example.com", "shared@example.com", "spam@example.com",
    }  # fmt: skip
    with write_transaction(cafe.engine) as connection:
        assert undo_import(connection, numbers[1], now=MARCH + 3 * HOUR) is None
        assert undo_import(connection, numbers[0], now=MARCH + 3 * HOUR) is not None
        assert undo_import(connection, now=MARCH + 3 * HOUR) is None
    assert suppressed_addresses(cafe) == {"before@example.com", "spam@example.com"}


@pytest.mark.parametrize("first_undone", [0, 1])
def test_an_address_of_two_imports_is_suppressed_until_both_are_undone(
    cafe: Cafe, tmp_path: Path, first_undone: int
) -> None:
    numbers = [
        import_list(cafe, tmp_path, name, lines)
        for name, lines in (
            ("first", ["Shared@Example.com", "spam@example.com,,complaint"]),
            ("second", ["shared@example.com,,complaint", "spam@example.com"]),
        )
    ]
    with write_transaction(cafe.engine) as connection:
        undone = undo_import(connection, numbers[first_undone], now=MARCH + 2 * HOUR)
    assert undone is not None
    assert undone.addresses == 0
    reasons = ["complaint", "by hand"]
    expected = dict(
        zip(["shared@example.com", "spam@example.com"], reasons[:: 1 - 2 * first_undone],
            strict=True)
    )  # fmt: skip
    assert listed_reasons(save_suppression_list(cafe.shop)) == expected
    with write_transaction(cafe.engine) as connection:
        undone = undo_import(connection, now=MARCH + 3 * HOUR)
    assert undone is not None
    assert undone.addresses == 2
    assert listed_reasons(save_suppression_list(cafe.shop)) == {}


def import_list(cafe: Cafe, folder: Path, name: str, lines: list[str]) -> int:
    list_file = folder / f"{name}.csv"
    list_file.write_text("\n".join(["address,since,reason", *lines]))
    return import_suppression_list(cafe.shop, list_file, now=MARCH).number


def test_an_address_that_another_import_lists_may_be_lifted_by_hand(
    cafe: Cafe, tmp_path: Path
) -> None:
    first = import_list(cafe, tmp_path, "first", ["clara@example.com"])
    import_list(cafe, tmp_path, "second", ["clara@example.com"])
    with write_transaction(cafe.engine) as connection:
        lift_suppression(connection, "clara@example.com", "She asked.", now=MARCH + HOUR)
        undo_import(connection, first, now=MARCH + 2 * HOUR)
    assert suppressed_addresses(cafe) == set()


@pytest.mark.parametrize("is_late", [False, True])
def test_a_bounce_of_an_imported_address_stays_with_its_own_reason(
    cafe: Cafe, tmp_path: Path, is_late: bool
) -> None:
    # It may arrive after the import was undone, though it happened before.
    number = import_list(cafe, tmp_path, "first", ["clara@example.com"])
    bounce, undo_at = SuppressionReason.HARD_BOUNCE, MARCH + 2 * HOUR
    with write_transaction(cafe.engine) as connection:
        if is_late:
            undo_import(connection, number, now=undo_at)
        suppress_address(connection, "clara@example.com", bounce, None, now=MARCH + HOUR)
        if not is_late:
            undo_import(connection, number, now=undo_at)
    assert listed_reasons(save_suppression_list(cafe.shop)) == {"clara@example.com": "hard bounce"}


def test_an_address_on_an_imported_list_stays_when_a_complaint_by_mail_does_not_count(
    cafe: Cafe, tmp_path: Path
) -> None:
    import_list(cafe, tmp_path, "first", ["clara@example.com,,complaint"])
    with write_transaction(cafe.engine) as connection:
        dismiss_complaint(connection, "clara@example.com", "forged", now=MARCH + HOUR)
    assert suppressed_addresses(cafe) == {"clara@example.com"}


def test_soft_bounces_are_counted_across_an_import_that_was_undone(
    cafe: Cafe, tmp_path: Path
) -> None:
    number = import_list(cafe, tmp_path, "first", ["clara@example.com"])
    events = [
        DeliveryEvent(
            "bounces", str(hour), EventKind.SOFT_BOUNCED, MARCH + hour * HOUR,
            address="clara@example.com",
        )
        for hour in range(SOFT_BOUNCE_LIMIT)
    ]  # fmt: skip
    with write_transaction(cafe.engine) as connection:
        record_events(connection, events[:-1], now=MARCH + 4 * HOUR)
        undo_import(connection, number, now=MARCH + 4 * HOUR)
        record_events(connection, events[-1:], now=MARCH + 5 * HOUR)
    assert listed_reasons(save_suppression_list(cafe.shop)) == {"clara@example.com": "soft bounces"}


def test_undoing_an_import_keeps_what_was_suppressed_for_another_reason_since(
    cafe: Cafe, tmp_path: Path
) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text("hand@example.com\nbounced@example.com\nfirst@example.com\n")
    import_suppression_list(cafe.shop, list_file, now=MARCH)
    with write_transaction(cafe.engine) as connection:
        for address, reason in (
            ("hand@example.com", SuppressionReason.BY_HAND),
            ("bounced@example.com", SuppressionReason.HARD_BOUNCE),
        ):
            suppress_address(connection, address, reason, None, now=MARCH + HOUR)
        undo_import(connection, now=MARCH + 2 * HOUR)
    assert suppressed_addresses(cafe) == {"hand@example.com", "bounced@example.com"}


def test_what_was_undone_can_be_imported_again(cafe: Cafe, tmp_path: Path) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text("clara@example.com\n")
    for hour in (0, 2):
        import_suppression_list(cafe.shop, list_file, now=MARCH + hour * HOUR)
        assert suppressed_addresses(cafe) == {"clara@example.com"}
        with write_transaction(cafe.engine) as connection:
            undo_import(connection, now=MARCH + (hour + 1) * HOUR)
        assert suppressed_addresses(cafe) == set()
