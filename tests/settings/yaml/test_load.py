"""Loading config.yaml: valid files, and all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from settings.errors import OwnerFileError
from settings.values import Length
from settings.yaml.load import ConfigError, Plain, Violation, load_config
from tests.settings.conftest import LoadInvalid, LoadValid, mistake_lines
from tests.settings.corner_cafe import Branch, CornerConfig, Outbox, Send, Shopify, Wait

KNOWN_EVENTS = "Known: cart abandoned, no visit, birthday."
LENGTHS = "Write a number and minutes, hours, days or weeks, like 3 hours."


def test_a_valid_file_becomes_the_models(load_valid: LoadValid) -> None:
    """
    # The Corner Café
    shop:
      name: Corner Café
      country: PT
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
    sources:
      online-shop: {from: shopify, store: corner.example, client secret: $CLIENT_SECRET}
    sending: {through: outbox}
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then:
          - send: we-miss-you
            with: {treat: a free cappuccino}
          - wait: 1 day

          - if: {visits: at least 4}
            then: [{send: old-friend}]
    """
    corner = load_valid(CLIENT_SECRET="shh")
    assert corner.shop is not None
    assert str(corner.shop.zone) == "Europe/Lisbon"
    shop = corner.sources["online-shop"]
    assert isinstance(shop, Shopify)
    assert shop.client_secret.reveal() == "shh"
    assert corner.sending == Outbox(through="outbox")
    rule = corner.rules["we-miss-you"]
    assert isinstance(rule.for_, Length)
    assert rule.for_.elapsed == timedelta(days=45)
    send, wait, branch = rule.then
    assert send == Send(send="we-miss-you", with_={"treat": "a free cappuccino"})
    assert wait == Wait(wait=Length(1, "day"))
    assert isinstance(branch, Branch)
    assert branch.then == [Send(send="old-friend")]


def test_yaml_gives_no_text_another_meaning(load_valid: LoadValid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          - task: 0351
            due in: 3 hours
          - send: on
            with: {no: no, code: 0x1F, time: 21:00, day: 2026-02-29, much: 1e3}
    """
    task, send = load_valid().rules["birthday"].then
    assert getattr(task, "task", "") == "0351"
    assert send == Send(
        send="on",
        with_={"no": "no", "code": "0x1F", "time": "21:00", "day": "2026-02-29", "much": "1e3"},
    )


def test_all_mistakes_are_reported_at_once_in_file_order(load_invalid: LoadInvalid) -> None:
    """
    shop:
      name: Corner Café
      country: Portugal
      currency: €
      timezone: Lisbon
      reply to: ana at cornercafe.example
    rules:
      abandoned-cart:
        when: cart abandond
        fro: 3 hours
        if: {cart total: ">= 15"}
        then:
          - sned: cart-reminder
          - wait: 1
    """
    error = load_invalid()
    assert mistake_lines(error) == [
        '1:1 "postal address:" is missing.',
        "3:12 Write PT.",
        "4:13 Write EUR.",
        '5:13 "Lisbon" is no time zone we know. Did you mean "Europe/Lisbon"?',
        '6:13 "ana at cornercafe.example" is not one email address. Write one like ana@cafe.com.',
        f'9:11 "cart abandond" is not known here. Did you mean "cart abandoned"? {KNOWN_EVENTS}',
        '10:5 "fro" is not understood here. Did you mean "for"?',
        "11:22 Write at least 15.",
        '13:9 "sned" is not understood here. Did you mean "send"?',
        "14:15 1 what? Write 1 hour or 1 day.",
    ]
    assert str(error).endswith("\n\n10 to fix. Nothing was sent.")
    assert isinstance(error, OwnerFileError)


def test_mistakes_below_a_misspelt_key_are_reported_too(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        thne:
          - wait: 3h
    """
    assert mistake_lines(load_invalid()) == [
        '4:5 "thne" is not understood here. Did you mean "then"?',
        "5:15 Write 3 hours in full.",
    ]


def test_a_suggested_key_is_not_reported_as_missing(
    load_invalid: LoadInvalid,
) -> None:
    """
    rules:
      birthday:
        when: birthday
        ten:
          - wait: 3h
        colour: blue
    """
    assert mistake_lines(load_invalid()) == [
        '4:5 "ten" is not understood here. Did you mean "then"?',
        "5:15 Write 3 hours in full.",
        '6:5 "colour" is not understood here. Known here: for, in, if.',
    ]


def test_a_key_in_capitals_or_with_hyphens_is_recognised(load_invalid: LoadInvalid) -> None:
    """
    Sending:
      through: smtp
      host: mail.example
      from: Ana <ana@cornercafe.example>
      quiet_hours: 21:00 to 08:00
      no-more-than: 2 emails per 7 days
    """
    assert mistake_lines(load_invalid()) == [
        '1:1 "Sending" is not understood here. Did you mean "sending"?',
        '5:3 "quiet_hours" is not understood here. Did you mean "quiet hours"?',
        '6:3 "no-more-than" is not understood here. Did you mean "no more than"?',
    ]


def test_a_key_written_twice_keeps_its_first_value(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then: [send: cake]
        when: nonsense
        when: nonsense
    """
    assert mistake_lines(load_invalid()) == [
        '5:5 "when" is written twice; first on line 3.',
        '6:5 "when" is written twice; first on line 3.',
    ]


def test_an_empty_value_is_reported_once(load_invalid: LoadInvalid) -> None:
    """
    shop:
    rules:
      birthday:
        when: ~
        for: ""
        in: null
        then:
          -
          - send:
    """
    assert mistake_lines(load_invalid()) == [
        '1:1 "shop" is empty.',
        '4:5 "when" is empty.',
        '5:5 "for" is empty.',
        '6:5 "in" is empty: null means nothing. For the word itself, write it in quotes.',
        "8:8 This entry of the list is empty.",
        '9:9 "send" is empty.',
    ]


def test_a_single_step_still_needs_its_hyphen(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: birthday
        then:
          sned: Cake
      carts:
        when: cart abandoned
        then: send
    """
    assert mistake_lines(load_invalid()) == [
        '4:5 This needs a list: put "- " before each step.',
        '5:7 "sned" is not understood here. Did you mean "send"?',
        "5:13 A name here has small letters, digits and hyphens only. Write cake.",
        '8:11 This needs a list: put "- " before each step.',
    ]


def test_a_list_where_keys_belong_is_reported(load_invalid: LoadInvalid) -> None:
    """
    shop:
      - name: Corner Café
    sending: outbox
    rules:
      birthday:
        - when: birthday
      carts:
        when: [cart abandoned]
        for: {hours: 3}
        if: {tags: staff}
        then: [send: reminder]
    """
    assert mistake_lines(load_invalid()) == [
        '2:3 This is no list: write it without "- " and without [ ].',
        "3:10 This needs lines of its own below, each with a key and a value.",
        '6:5 This is no list: write it without "- " and without [ ].',
        "8:5 Write one of: cart abandoned, no visit, birthday.",
        "9:5 Write one value here, like 3 hours.",
        '10:16 This needs a list: put "- " before each entry.',
    ]


def test_the_names_of_rules_are_checked(load_invalid: LoadInvalid) -> None:
    """
    rules:
      Happy Birthday!:
        when: birthday
        then: [send: cake]
    """
    assert mistake_lines(load_invalid()) == [
        "2:3 A name here has small letters, digits and hyphens only. Write happy-birthday."
    ]


def test_a_number_where_code_wants_one_is_asked_for(load_invalid: LoadInvalid) -> None:
    """
    sending:
      through: smtp
      host: mail.example
      from: Ana <ana@cornercafe.example>
      port: the usual one
    """
    assert mistake_lines(load_invalid()) == ["5:9 Write a whole number, like 3."]


def test_a_closed_set_beside_a_value_offers_both(load_invalid: LoadInvalid) -> None:
    """
    rules:
      a:
        when: no visit
        for: longer then usual
        then: [wait: some time]
    """
    assert mistake_lines(load_invalid()) == [
        '4:10 "longer then usual" is not known here. Did you mean "longer than usual"?',
        f'5:18 "some time" is not a length of time. {LENGTHS} Or write as long as usual.',
    ]


def test_keys_from_a_closed_set_are_checked(load_invalid: LoadInvalid) -> None:
    """
    sources:
      list:
        from: csv
        holds: customers
        file: a.csv
        columns: {email: E-Mail, birthdy: DOB}
    """
    assert mistake_lines(load_invalid()) == [
        '6:30 "birthdy" is not known here. Did you mean "birthday"? Known: email, birthday.'
    ]


def test_an_error_about_the_whole_file_shows_no_line(load_invalid: LoadInvalid) -> None:
    """
    sending: {through: outbox}
    rules:
      a:
        when: birthday
        then: [send: cake]
    """
    assert str(load_invalid()) == (
        "config.yaml:1:1: Mails need a shop: write shop: as well.\n\n1 to fix. Nothing was sent."
    )


def carts_need_for(tree: Plain) -> Iterable[Violation]:
    """A package's own check over the whole tree."""
    rules = tree.get("rules") if isinstance(tree, dict) else None
    for name, rule in rules.items() if isinstance(rules, dict) else ():
        if isinstance(rule, dict) and "for" not in rule:
            yield Violation(("rules", name, "for"), "A cart needs for: a length.", "key")
        if isinstance(rule, dict) and rule.get("when") == "birthday":
            yield Violation(("rules", name, "when"), "No birthdays here.")


def test_a_rooms_own_check_runs_beside_other_mistakes(load_invalid: LoadInvalid) -> None:
    """
    rules:
      carts:
        when: birthday
        then: [wait: 3]
      other:
        when: cart abandoned
        fro: 3 hours
        then: [send: reminder]
      third:
        when: no visit
        for:
        then: [send: reminder]
    """
    assert mistake_lines(load_invalid(carts_need_for)) == [
        "2:3 A cart needs for: a length.",
        "3:11 No birthdays here.",
        "4:18 3 what? Write 3 hours or 3 days.",
        '7:5 "fro" is not understood here. Did you mean "for"?',
        '11:5 "for" is empty.',
    ]


def test_a_check_alone_refuses_a_file(load_invalid: LoadInvalid) -> None:
    """
    rules:
      carts:
        when: cart abandoned
        then: [send: reminder]
    """
    assert mistake_lines(load_invalid(carts_need_for)) == ["2:3 A cart needs for: a length."]


def error_text(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, CornerConfig, environ={})
    return str(caught.value)


def test_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    assert error_text(tmp_path / "config.yaml").startswith("config.yaml: This is a folder")


def test_a_name_no_system_allows_is_a_sentence(tmp_path: Path) -> None:
    assert "cannot be opened" in error_text(tmp_path / "con\0fig.yaml")
    assert "cannot be opened" in error_text(tmp_path / ("x" * 5000))


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"# " + b"x" * 1_000_000)
    assert "larger than 1 MB" in error_text(path)


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"shop:\n  name: Caf\xe9\n")
    assert "Line 2 is not UTF-8 text" in error_text(path)


def test_a_windows_file_counts_as_an_editor_does(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("\ufeffrules:\r\n  a:\r\n    when: brthday\r\n".encode())
    assert error_text(path).startswith('config.yaml:2:3: "then:" is missing.')
    assert 'config.yaml:3:11: "brthday" is not known here.' in error_text(path)
