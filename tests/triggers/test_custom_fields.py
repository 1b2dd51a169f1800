"""Rules ask for the owner's own columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cafe import DAY, MARCH, Cafe
from tests.rows import custom_field, identity
from tests.triggers.conftest import set_rules

SOURCES = (
    "sources: {old-list: {from: csv, holds: customers, file: list.csv, columns: "
    "{e-mail: Email, my columns: {allergy: Allergies, cups: Cups}}}}\n"
)
VALUES = {
    "ana": {"allergy": "Nuts, eggs", "cups": "12.5"},
    "bruno": {"allergy": "nuts", "cups": "3"},
    "clara": {"cups": "many"},
}


def fill(cafe: Cafe) -> None:
    for name, values in VALUES.items():
        cafe.customer(name)
        cafe.arrive(
            identities=[identity(name, email=f"{name}@example.com", version=2)],
            custom_fields=[custom_field(name, *each, version=2) for each in values.items()],
        )
        cafe.visits(name, MARCH - 45 * DAY)


def rules(condition: str, key: str = "if") -> str:
    return (
        f"{SOURCES}rules: {{we-miss-you: {{when: no visit, for: 45 days, "
        f"{key}: {{my: {condition}}}, then: [{{send: we-miss-you}}]}}}}"
    )


@pytest.mark.parametrize(
    ("condition", "mailed"),
    [
        ("{allergy: contains NUTS}", ["ana", "bruno"]),
        ("{allergy: is nuts}", ["bruno"]),
        ("{allergy: is not nuts}", ["ana", "clara"]),
        ("{allergy: does not contain nuts}", ["clara"]),
        ('{allergy: "one of eggs, nuts"}', ["bruno"]),
        ("{allergy: known}", ["ana", "bruno"]),
        ("{allergy: not known}", ["clara"]),
        ('{allergy: contains %}', []),
        ("{cups: at least 3}", ["ana", "bruno"]),
        ("{cups: more than 3}", ["ana"]),
        ("{cups: exactly 12.5}", ["ana"]),
        ("{cups: less than 100}", ["ana", "bruno"]),
        ("{allergy: contains nuts, cups: less than 10}", ["bruno"]),
    ],
)  # fmt: skip
def test_which_customers_a_condition_holds_for(
    corner: Cafe, condition: str, mailed: list[str]
) -> None:
    set_rules(corner, rules(condition))
    corner.run(MARCH - 60 * DAY)
    fill(corner)
    corner.run(MARCH)
    assert corner.mailed_names() == mailed


def test_unless_holds_nobody_back_without_a_value(cafe_on_both: Cafe) -> None:
    corner = cafe_on_both
    corner.run(MARCH - 60 * DAY)
    fill(corner)
    corner.run(MARCH)
    assert corner.mailed_names() == ["clara"]


@pytest.fixture
def cafe_on_both(engine: Engine, tmp_path: Path) -> Cafe:
    (tmp_path / "list.csv").write_text("Email\n")
    return Cafe(engine, tmp_path, rules("{allergy: contains nuts}", "unless"))
