"""Keys, nested steps, and unions discriminated by a verb or a key."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from settings.model import nearest, yaml_key
from tests.settings.conftest import LoadInvalid, LoadValid, mistake_lines
from tests.settings.corner_cafe import Branch, Facts, Rule, Send, Step, Task, Wait

OWN_STEP = 'That is a step of its own: put "- " before it.'


def test_a_key_is_its_field_name_with_spaces() -> None:
    assert yaml_key("quiet_hours") == "quiet hours"
    assert [yaml_key(word) for word in ("if_", "with_", "for_")] == ["if", "with", "for"]


def test_code_writes_fields_and_files_write_keys() -> None:
    assert Task(task="Call Ana", due_in=None) == Task.model_validate({"task": "Call Ana"})
    with pytest.raises(ValidationError, match="frozen"):
        Task(task="Call Ana").task = "Call Bruno"


def test_step_objects_are_accepted() -> None:
    steps: list[Step] = [Send(send="cake"), Branch(if_=Facts(), then=[Task(task="Call Clara")])]
    assert Rule(when="birthday", then=steps).then == steps


def test_steps_within_steps_within_steps(load_valid: LoadValid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - if: {any of: [{visits: at least 1}, {tags: [staff]}]}
            then:
              - if: {visits: more than 9}
                then: [send: gold-cake]
                else: [wait: as long as usual]
            else:
              - task: Call Clara
    """
    (branch,) = load_valid().rules["birthday"].then
    assert isinstance(branch, Branch)
    (inner,) = branch.then
    assert isinstance(inner, Branch)
    assert inner.else_ == [Wait(wait="as long as usual")]
    assert branch.else_ == [Task(task="Call Clara")]


def test_a_mistake_deep_inside_names_every_step(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - send: cake
          - if: {visits: at least 1}
            then: [wait: 1 day]
            else:
              - fi: {any off: [{visit: at least 1}]}
                then:
                  - send: cake
                    approve frist: true
    """
    error = load_invalid()
    inner = "rule birthday → step 2 → else → step 1"
    assert [(mistake.where, mistake.message) for mistake in error.mistakes] == [
        (f"{inner} → fi", '"fi" is not understood here. Did you mean "if"?'),
        (f"{inner} → if → any off", '"any off" is not understood here. Did you mean "any of"?'),
        (
            f"{inner} → if → any of → entry 1 → visit",
            '"visit" is not understood here. Did you mean "visits"?',
        ),
        (
            f"{inner} → step 1 → approve frist",
            '"approve frist" is not understood here. Did you mean "approve first"?',
        ),
        (f"{inner} → step 1 → approve first", "Write yes or no."),
    ]


def test_a_verb_misspelt_by_one_letter_is_read_as_meant(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - seend: cake
            with: {treat: [a, b]}
          - wiat: 3
          - tassk: Call Ana
            due inn: 2h
    """
    assert mistake_lines(load_invalid()) == [
        '5:9 "seend" is not understood here. Did you mean "send"?',
        "6:16 Write one value here, not a list and no lines below it.",
        '7:9 "wiat" is not understood here. Did you mean "wait"?',
        "7:15 3 what? Write 3 hours or 3 days.",
        '8:9 "tassk" is not understood here. Did you mean "task"?',
        '9:9 "due inn" is not understood here. Did you mean "due in"?',
        "9:18 Write 2 hours in full.",
    ]


def test_two_verbs_in_one_step_are_taken_apart(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - send: cake
            wait: 1 day
          - wait: 1 day
            sned: cake
    """
    assert mistake_lines(load_invalid()) == [
        '6:9 "wait" is a step of its own: put "- " before it.',
        f'8:9 "sned" is not understood here. Did you mean "send"? {OWN_STEP}',
    ]


def test_a_step_that_is_none_lists_the_verbs(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - bake: a cake
          - a cake
          - [send: cake]
          - {}
    """
    assert mistake_lines(load_invalid()) == [
        '5:9 "bake" is not a step. Known here: send, wait, task, if.',
        "6:9 This needs lines of its own below, each with a key and a value.",
        '7:9 This is no list: write it without "- " and without [ ].',
        "8:9 This step is empty. Known here: send, wait, task, if.",
    ]


def test_a_source_is_identified_by_its_discriminating_keys(load_invalid: LoadInvalid) -> None:
    """
    sources:
      a: {from: shopfy, store: x, client secret: $SECRET}
      b: {form: csv, holds: customer, fil: x}
      c: {from: etsy, shop: y}
      d: {file: x}
      e: {from: csv, file: x}
      f: {from: csv, holds: orders, file: x}
      g: {from: [csv], holds: orders, file: x}
    """
    assert mistake_lines(load_invalid(SECRET="shh")) == [
        '2:13 "shopfy" is not known here. Did you mean "shopify"? Known: csv, shopify.',
        '3:7 "form" is not understood here. Did you mean "from"?',
        '3:25 "customer" is not known here. Did you mean "customers"? Known: customers, orders.',
        '3:35 "fil" is not understood here. Did you mean "file"?',
        '4:13 "etsy" is not known here. Known: csv, shopify.',
        '5:7 "from:" is missing. Known: csv, shopify.',
        '6:7 "holds:" is missing. Known: customers, orders.',
        '7:3 "currency:" is missing.',
        "8:7 Write one of: csv, shopify.",
    ]


def test_a_kind_of_sender_brings_its_own_keys(load_invalid: LoadInvalid) -> None:
    """
    sending:
      through: outbox
      host: mail.example
    """
    assert mistake_lines(load_invalid()) == [
        '3:3 "host" is not understood here. Known here: folder.'
    ]


def test_the_nearest_word_forgives_case_and_hyphens() -> None:
    words = ["quiet hours", "from", "no more than"]
    assert nearest("Quiet-Hours", words) == "quiet hours"
    assert nearest("form", words) == "from"
    assert nearest("xyz", words) is None
