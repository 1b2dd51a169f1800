"""A child gets no advertising, and `why` says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import col

from shop.tables import Message
from tests.cafe import DAY, FILE, MARCH, Cafe
from tests.engine.explain.explanations import explain_only_rule, only_mail
from tests.rows import identity, statement

RULES = """
rules:
  birthday:
    when: birthday
    in: 0 days
    then:
      - send: birthday
"""
APPROVED = RULES + "        approve first: yes\n"
YOUNGEST = "consent:\n  youngest age: 8\n"
BIRTHDAYS = {"ana": "2018-03-04", "bruno": "1990-03-04", "clara": "--03-04"}


def open_cafe(engine: Engine, folder: Path, text: str) -> Cafe:
    """Ana, Bruno and Clara have their birthday tomorrow; Ana is then eight years old."""
    cafe = Cafe(engine, folder, FILE + text)
    cafe.run(MARCH - DAY)
    for name, birthday in BIRTHDAYS.items():
        row = identity(name, email=f"{name}@example.com", birthday=birthday)
        cafe.arrive(identities=[row], statements=[statement(name, "yes", MARCH - 400 * DAY)])
    cafe.run(MARCH + timedelta(hours=23))
    return cafe


def test_a_child_gets_no_birthday_mail(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path, RULES)
    assert sorted(cafe.mailed_names()) == ["bruno", "clara"]
    reasons = set(cafe.select_all(col(Message.state), col(Message.reason)))
    assert ("skipped", "too young for advertising") in reasons


def test_the_owner_may_allow_it(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path, RULES + YOUNGEST)
    assert sorted(cafe.mailed_names()) == ["ana", "bruno", "clara"]


def test_why_says_that_a_person_is_too_young(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path, APPROVED)
    at = MARCH + timedelta(hours=23)
    ages = {name: age_checks(cafe, name, at) for name in BIRTHDAYS}
    assert ages["bruno"] == ages["clara"] == []
    assert ages["ana"] == ["8 years old; below 16 nobody gets advertising (consent: youngest age)"]


def age_checks(cafe: Cafe, name: str, at: datetime) -> list[str]:
    """What the gate says about the age of this customer, whose mail waits for approval."""
    this_year = explain_only_rule(cafe, f"{name}@example.com", at).occasions[0]
    gate = only_mail(this_year).gate
    assert gate is not None
    return [check.explanation for check in gate.checks if check.check == "age"]
