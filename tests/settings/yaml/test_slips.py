"""Single slips in a whole file: the line that is named is the line of the slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig
from settings.yaml.line_repairs import (
    DOUBLE_DASH,
    NO_COLON,
    NO_DASH,
    NO_SPACE_AFTER_COLON,
    NO_SPACE_AFTER_DASH,
    OPEN_QUOTE,
    OTHER_BULLET,
    OTHER_COLON,
    PASTED_SPACE,
    STRAY_DASH,
    STRAY_LINE,
    TAB,
)
from settings.yaml.load import ConfigError, load_config

FILE = """\
shop:
  name: Corner Café
  country: PT
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa

sources:
  till:
    from: square
    access token: $TOKEN
  old-list:
    from: csv
    holds: customers
    file: old-customers.csv
    columns: {e-mail: Email, first name: First}

loyalty:
  programme: till
  rewards:
    a free coffee: 40 points
    breakfast for two: 200 points
    cake: 80 points

sending:
  from: Ana at Corner Café <ana@cornercafe.example>
  quiet hours: 21:00 to 08:00

rules:
  we-miss-you:
    when: no visit
    for: 45 days
    if:
      visits: at least 4
    then:
      - send: we-miss-you
        with:
          treat: a free cappuccino
          valid for: 14 days
    stop when: visit
  happy-day:
    when: birthday
    in: 3 days
    then:
      - send: birthday
      - wait: 2 days
      - if:
          orders: exactly 1
        then:
          - send: first-visit-treat
"""
QUOTES = "Put the whole value in quotes."
SHORTCUT = "shortcuts with & and * are not used here"


def indent(spaces: int, direction: str) -> str:
    distance = "1 space" if spaces == 1 else f"{spaces} spaces"
    return f"This line does not line up with those around it: move it {distance} {direction}."


def mistakes_of(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path, OwnerConfig, environ={"TOKEN": "shh"})
    return [(mistake.line, mistake.message) for mistake in caught.value.mistakes]


SLIPS = [
    # a colon that is missing, or another sign
    ("shop:", "shop", NO_COLON),
    ("  name: Corner", "  name Corner", NO_COLON),
    ("  postal address: Rua", "  postal address Rua", NO_COLON),
    ("  old-list:", "  old-list", NO_COLON),
    ("    holds: c", "    holds c", NO_COLON),
    ("  rewards:", "  rewards", NO_COLON),
    ("    a free coffee: 40", "    a free coffee 40", NO_COLON),
    ("  we-miss-you:\n", "  we-miss-you\n", NO_COLON),
    ("    when: birthday", "    when birthday", NO_COLON),
    ("    then:\n      - send: b", "    then\n      - send: b", NO_COLON),
    ("        with:", "        with", NO_COLON),
    ("          treat: a", "          treat a", NO_COLON),
    ("    stop when: visit", "    stop when visit", NO_COLON),
    ("      - if:", "      - if", NO_COLON),
    ("      - wait: 2", "      - wait 2", NO_COLON),
    ("  country: PT", "  country:PT", NO_SPACE_AFTER_COLON),
    ("    for: 45", "    for:45", NO_SPACE_AFTER_COLON),
    ("      - send: birthday", "      - send:birthday", NO_SPACE_AFTER_COLON),
    ("    in: 3", "    in = 3", OTHER_COLON.format("=")),
    ("    in: 3", "    in; 3", OTHER_COLON.format(";")),
    ("    in: 3", "    in： 3", OTHER_COLON.format("：")),
    ("    from: csv", "    from:: csv", '"from:" is not understood here. Did you mean "from"?'),
    # lines that stand wrong
    ("  name:", "   name:", indent(1, "left")),
    ("  name:", " name:", indent(1, "right")),
    ("  name:", "name:", indent(2, "right")),
    ("  currency:", "   currency:", indent(1, "left")),
    ("sources:", "  sources:", indent(2, "left")),
    ("  till:", "   till:", indent(1, "left")),
    ("    from: square", "   from: square", indent(1, "right")),
    ("    file:", "  file:", indent(2, "right")),
    ("  programme:", "    programme:", indent(2, "left")),
    ("    a free", "      a free", indent(2, "left")),
    ("  quiet hours", "quiet hours", indent(2, "right")),
    ("    when: no", "     when: no", indent(1, "left")),
    ("      visits:", "    visits:", indent(2, "right")),
    ("    then:\n      - send: w", "      then:\n      - send: w", indent(2, "left")),
    ("        with:", "          with:", indent(2, "left")),
    ("          valid", "        valid", indent(2, "right")),
    ("  happy-day:", "    happy-day:", indent(2, "left")),
    ("      - wait", "        - wait", indent(2, "left")),
    ("      - wait", "       - wait", indent(1, "left")),
    ("          orders", "         orders", None),  # an only line may stand anywhere
    # tabs and pasted spaces
    ("    for: 45", "\tfor: 45", TAB),
    ("  country:", "\t  country:", TAB),
    ("  name:", "\xa0 name:", PASTED_SPACE),
    ("    from: csv", "\xa0   from: csv", PASTED_SPACE),
    ("    in: 3", "    in:\xa03", PASTED_SPACE),
    # dashes
    ("      - send: w", "      -send: w", NO_SPACE_AFTER_DASH),
    ("      - send: b", "      • send: b", OTHER_BULLET.format("•")),
    ("      - send: b", "      – send: b", OTHER_BULLET.format("–")),
    ("      - send: b", "      * send: b", OTHER_BULLET.format("*")),
    ("      - send: w", "      send: w", NO_DASH),
    ("          - send: f", "          send: f", NO_DASH),
    ("      - wait: 2", "      wait: 2", NO_DASH),
    ("      - send: w", "      - - send: w", DOUBLE_DASH),
    ("  name:", "  - name:", STRAY_DASH),
    ("    for: 45", "    - for: 45", STRAY_DASH),
    # quotes and signs
    ("name: Corner", 'name: "Corner', OPEN_QUOTE),
    ("name: Corner", "name: 'Corner", OPEN_QUOTE),
    ("treat: a", 'treat: "a', OPEN_QUOTE),
    ("    when: birthday", "    when: “birthday”", 'Did you mean "birthday"?'),
    ("name: Corner", "name: @Corner", QUOTES),
    ("name: Corner", "name: %Corner", QUOTES),
    ("name: Corner", "name: `Corner", QUOTES),
    ("name: Corner", "name: *Corner", SHORTCUT),
    ("name: Corner", "name: Café: Corner", "Put quotes around the value"),
    ("name: Corner", "name: #1 Corner", "What stands behind this # is a comment"),
    ("from: csv", "from:", '"from" is empty.'),
    ("first name: First}", "first name: First", 'A "," or the closing "}" is missing.'),
    ("first name: First}", "first name: First]", 'A "," or the closing "}" is missing.'),
    ("Email, first", "Email first", 'A "," or the closing "}" is missing.'),
    # others
    ("    in: 3 days", "    in: 3 days\n    in: 3 days", '"in" is written twice; first on line'),
    ("    in: 3 days", "xx\n    in: 3 days", STRAY_LINE),
    ("    when: birthday", "    wehn: birthday", 'Did you mean "when"?'),
]


@pytest.mark.parametrize(("before", "after", "message"), SLIPS)
def test_the_line_of_a_slip_is_named(
    tmp_path: Path, before: str, after: str, message: str | None
) -> None:
    assert FILE.count(before) == 1, "the slip is in one place"
    line = FILE[: FILE.index(before)].count("\n") + 1
    if "is written twice" in (message or ""):
        line += 1
    text = FILE.replace(before, after)
    if message is None:
        assert load_config_of(tmp_path, text)
        return
    named_line, named_message = mistakes_of(tmp_path, text)[0]
    assert (named_line, message in named_message) == (line, True), named_message


def load_config_of(tmp_path: Path, text: str) -> OwnerConfig:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode())
    return load_config(path, OwnerConfig, environ={"TOKEN": "shh"})


def test_the_file_without_a_slip_is_fine(tmp_path: Path) -> None:
    assert load_config_of(tmp_path, FILE)


def test_line_ends_and_marks_of_windows_change_no_line(tmp_path: Path) -> None:
    windows = "\ufeff" + FILE.replace("\n", "\r\n")
    assert load_config_of(tmp_path, windows)
    assert mistakes_of(tmp_path, windows.replace("when: birthday", "when birthday")) == [
        (43, NO_COLON)
    ]


def test_two_slips_are_both_named(tmp_path: Path) -> None:
    text = FILE.replace("  country: PT", "  country PT").replace("when: birthday", "when birthday")
    assert mistakes_of(tmp_path, text) == [(3, NO_COLON), (43, NO_COLON)]


def test_what_is_wrong_besides_a_slip_is_named_too(tmp_path: Path) -> None:
    text = FILE.replace("  country: PT", "  country PT").replace("wait: 2 days", "wait: 2 dayz")
    assert [line for line, _ in mistakes_of(tmp_path, text)] == [3, 47]


def test_a_secret_in_a_line_with_a_slip_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(FILE.replace("access token: $TOKEN", "access token EAAA-hush"))
    with pytest.raises(ConfigError) as caught:
        load_config(path, OwnerConfig, environ={})
    assert caught.value.mistakes[0].line == 12
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("  country: PT\n", "  country: PT\n  quiet hours: 9:00 to 10:00\n", "below sending:."),
        ("sending:\n", "sending:\n  holds: customers\n", "in a source."),
        (
            "    for: 45 days\n",
            "    for: 45 days\n    visits: at least 3\n",
            "below if: or unless:.",
        ),
        (
            "      - wait: 2 days\n",
            "      - wait: 2 days\n        stop when: visit\n",
            "in a rule.",
        ),
    ],
)
def test_a_key_in_the_wrong_place_is_told_its_own(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    key = after.splitlines()[1].strip(" -").partition(":")[0]
    assert [text for _, text in mistakes_of(tmp_path, FILE.replace(before, after))] == [
        f'"{key}" is not understood here. It stands {message}'
    ]


def test_a_rule_beside_the_rules_is_sent_below_them(tmp_path: Path) -> None:
    text = FILE + "late:\n  when: no visit\n  for: 90 days\n  then:\n    - send: we-miss-you\n"
    [(_, message)] = mistakes_of(tmp_path, text)
    assert message.endswith("Its lines are those that stand in a rule: move it below rules:.")
