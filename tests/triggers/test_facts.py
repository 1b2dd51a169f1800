"""Conditions compare numbers with bounds that may have decimals, and tags in any spelling."""

from __future__ import annotations

import pytest
from sqlmodel import col

from shop.tables import Enrolment
from tests.cafe import DAY, MARCH, Cafe
from tests.rows import identity
from tests.triggers.conftest import set_rules


@pytest.mark.parametrize(
    ("condition", "enrolled"),
    [
        ("at least 2.5", [3]),
        ("more than 2.5", [3]),
        ("at most 2.5", [1, 2]),
        ("less than 2.5", [1, 2]),
        ("exactly 2.5", []),
        ("at least 2", [2, 3]),
        ("more than 2", [3]),
        ("at most 2", [1, 2]),
        ("less than 2", [1]),
        ("exactly 2", [2]),
    ],
)
def test_a_bound_means_the_same_with_decimals(
    corner: Cafe, condition: str, enrolled: list[int]
) -> None:
    """Two visits are less than 2.5, three are more."""
    set_rules(
        corner,
        "rules: {we-miss-you: {when: no visit, for: 45 days, "
        f"if: {{visits: {condition}}}, then: [{{send: we-miss-you}}]}}}}",
    )
    corner.run(MARCH - 60 * DAY)
    names = {1: "ana", 2: "bruno", 3: "clara"}
    for visits, name in names.items():
        corner.customer(name)
        corner.visits(name, *(MARCH - (45 + day) * DAY for day in range(visits)))
    corner.run(MARCH)
    assert corner.mailed_names() == [names[visits] for visits in enrolled]
    verdicts = corner.select_all(col(Enrolment.verdict))
    assert verdicts.count("go") == len(enrolled)


def test_tags_are_compared_without_regard_to_capitals(corner: Cafe) -> None:
    set_rules(
        corner,
        "rules: {we-miss-you: {when: no visit, for: 45 days, "
        "unless: {tags: [wholesale, équipe]}, then: [{send: we-miss-you}]}}",
    )
    corner.run(MARCH - 60 * DAY)
    for name, tag in {"ana": "Wholesale", "bruno": "ÉQUIPE", "clara": "Whole"}.items():
        corner.customer(name)
        tagged = identity(name, email=f"{name}@example.com", tags=f'["{tag}"]', version=2)
        corner.arrive(identities=[tagged])
        corner.visits(name, MARCH - 45 * DAY)
    corner.run(MARCH)
    assert corner.mailed_names() == ["clara"]
