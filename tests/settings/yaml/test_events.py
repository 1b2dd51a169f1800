"""Broken and unsupported YAML is explained, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.yaml.events import parse_tree
from settings.yaml.lines import Lines
from settings.yaml.load import ConfigError, load_config
from settings.yaml.nodes import to_plain
from tests.settings.conftest import mistake_lines
from tests.settings.corner_cafe import CornerConfig

SHORTCUTS = "shortcuts with & and * are not used here. Write it out, or put it in quotes."

QUOTES = "Put quotes around the value, or move the line less far in."
KNOWN_EVENTS = "Known: cart abandoned, no visit, birthday."


def config_error(tmp_path: Path, text: str) -> ConfigError:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode("utf-8"))
    with pytest.raises(ConfigError) as caught:
        load_config(path, CornerConfig, environ={})
    return caught.value


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("rules:\n\ta: b", "2:1 Use spaces here, not a tab."),
        ("rules: @cafe", '1:8 A value cannot begin with "@". Put the whole value in quotes.'),
        ("rules: `a`", '1:8 A value cannot begin with "`". Put the whole value in quotes.'),
        (
            "shop: Ana: Café",
            f'1:10 A ": " is not expected here. {QUOTES}',
        ),
        ("shop:\n  name: 'Ana\nrules: 1", "2:9 A quotation mark is opened here and never closed."),
        ("rules: [a, b\n", '1:8 A "," or the closing "]" is missing.'),
        ("shop: {name: a\n", '1:7 A "," or the closing "}" is missing.'),
        (
            "shop:\n    name: a\n  country: PT",
            "2:5 This line does not line up with those around it: move it 2 spaces left.",
        ),
        (
            "rules:\n  a: 1\n  bc\n  d: 2",
            '3:3 This line is no "key: value". Take it out, or complete it.',
        ),
        ('shop: "a\\q"', "1:10 Inside \"…\" a backslash must be doubled; or use '…' instead."),
        ('shop: "\\U99999999"', "1:10 A number here is too large."),
        (
            "shop:\u00a0a\nrules: b",
            "1:6 This space is not an ordinary one; it was pasted. Delete it and type a space.",
        ),
        ("shop: a\u0007b", "1:8 An invisible character (U+0007) stands here. Delete it."),
        ("shop: a\ufeffb", "1:8 An invisible character (U+FEFF) stands here. Delete it."),
        ("", "1:1 The file is empty."),
        ("---\n", "1:1 The file is empty."),
        ("- rules", '1:1 This is no list: write it without "- " and without [ ].'),
        ("rules", "1:1 This needs lines of its own below, each with a key and a value."),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, text: str, mistake: str) -> None:
    assert mistake in mistake_lines(config_error(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("shop: &shop {}", f'1:7 "&shop": {SHORTCUTS}'),
        ("shop: *shop", f'1:7 "*shop": {SHORTCUTS}'),
        ("shop: !!map {}", '1:7 "tag:yaml.org,2002:map": tags are not used here. Take it out.'),
        ("rules:\n  <<: {a: b}", '2:3 "<<" is not used here. Write the lines out.'),
        ("? [rules]\n: 1", "1:3 A list or a table cannot be a key. Write a word."),
        ('"": 1', '1:1 A key is missing before the ":".'),
        (
            "rules: {}\n---\nrules: {}",
            '2:1 A second document begins here. Take the "---" line out.',
        ),
        ('sending: "\\u0007"', "1:10 This hides an invisible character. Write it without."),
        ('sending: "\\ud800"', "1:10 This hides an invisible character. Write it without."),
    ],
)
def test_unsupported_yaml_is_reported_with_other_mistakes(
    tmp_path: Path, text: str, mistake: str
) -> None:
    assert mistake in mistake_lines(config_error(tmp_path, text + "\n"))


def test_the_rest_of_a_file_with_shortcuts_is_still_read(tmp_path: Path) -> None:
    text = "rules:\n  a: &a\n    when: birthdy\n    then: [send: cake]\n  b: *a\n"
    assert mistake_lines(config_error(tmp_path, text)) == [
        f'2:6 "&a": {SHORTCUTS}',
        f'3:11 "birthdy" is not known here. Did you mean "birthday"? {KNOWN_EVENTS}',
        f'5:6 "*a": {SHORTCUTS}',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900_000,
        "- " * 400_000,
        "{a: " * 200_000,
        "a:\n" + "\n".join(" " * depth + "a:" for depth in range(1, 900)),
    ],
)
def test_deeply_nested_files_are_refused(tmp_path: Path, text: str) -> None:
    assert mistake_lines(config_error(tmp_path, text))[-1].endswith("This is nested too deeply.")


def test_a_billion_laughs_stay_one_line_each(tmp_path: Path) -> None:
    laughs = ["a0: &a0 [ha]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
    ]
    assert len(config_error(tmp_path, "\n".join(laughs)).mistakes) > 100


CUT = "What stands behind this # is a comment, and left out."


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("Rua das Flores 12 #3", 28),
        ("Rua das Flores 12 # 3", 28),
        ("Rua das Flores 12  #3", 29),
        ("Rua das Flores 12 # porta B", 28),
        ("our #1 breakfast", 14),
        ("Item #", 15),
        ('"Rua das Flores 12" #3', 30),
        ("#1 breakfast", 10),
        ("#c0392b", 10),
    ],
)
def test_a_comment_that_may_be_a_part_of_the_value_is_asked_about(
    tmp_path: Path, value: str, column: int
) -> None:
    lines = mistake_lines(config_error(tmp_path, f"shop:\n  name:  {value}\n"))
    assert any(line.startswith(f"2:{column} {CUT}") for line in lines), lines


def test_a_value_that_seems_to_go_on_with_a_comment_is_asked_about(tmp_path: Path) -> None:
    text = "shop:\n  name: Rua das Flores 12\n    #3, Lisboa\n"
    lines = mistake_lines(config_error(tmp_path, text))
    assert any(line.startswith(f"3:5 {CUT}") for line in lines), lines
    lines = mistake_lines(config_error(tmp_path, text.replace("    #3", "  #3")))
    assert not any(CUT in line for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "shop: {name: Rua das Flores #3, country: PT}",
        "rules: {a: {then: [send: a #1]}}",
    ],
)
def test_a_comment_that_swallows_the_rest_of_a_line_is_named(tmp_path: Path, text: str) -> None:
    assert any(CUT in line for line in mistake_lines(config_error(tmp_path, text)))


@pytest.mark.parametrize(
    "value",
    [
        "Corner Café  # in Lisbon",
        "Corner Café\t\t# in Lisbon",
        "Corner Café   #in Lisbon",
        "C#",
        "Rua#3",
        '"Rua das Flores 12 #3"',
        "'our #1 breakfast'  # the best",
        "Corner Café  ## old name",
        ">\n    Rua das Flores #3",
    ],
)
def test_a_plain_comment_and_a_quoted_sign_are_no_mistake(tmp_path: Path, value: str) -> None:
    lines = mistake_lines(config_error(tmp_path, f"shop:\n  name: {value}\n"))
    assert not any(CUT in line for line in lines)


def test_behind_a_length_a_number_or_a_fixed_word_one_space_is_enough(tmp_path: Path) -> None:
    text = "rules:\n  a:\n    when: no visit # mine\n    for: 3 days # three\n    then: []\n"
    lines = mistake_lines(config_error(tmp_path, text))
    assert not any(CUT in line for line in lines)


@pytest.mark.parametrize(
    ("value", "mistake"),
    [
        ("Null", '"name" is empty: Null means nothing. For the word itself, write it in quotes.'),
        ("~", '"name" is empty.'),
        ("!Hello", 'A value cannot begin with "!". Put the whole value in quotes.'),
        ("> soon", 'A value cannot begin with ">" or "|". Put the whole value in quotes.'),
        ("? what", 'A value cannot begin with "? ". Put the whole value in quotes.'),
        ("& Sons", 'A value cannot begin with "&" or "*". Put the whole value in quotes.'),
        ("'It's nice'", "The value ends at the quotation mark before this."),
        ('"Ana" & Sons', "The value ends at the quotation mark before this."),
        ("[a] b", 'The value ends at the "]" before this. Put quotes around the whole value.'),
    ],
)
def test_a_value_that_yaml_takes_for_something_else_is_explained(
    tmp_path: Path, value: str, mistake: str
) -> None:
    lines = mistake_lines(config_error(tmp_path, f"shop:\n  name: {value}\n  country: PT\n"))
    assert any(mistake in line for line in lines), lines


@pytest.mark.parametrize(
    "value", ["no", "yes", "on", "off", "0123", "12:30", "2026-03-04", "1e3", "0x1F", "100%", "<<"]
)
def test_text_keeps_its_spelling(tmp_path: Path, value: str) -> None:
    [root, problems] = parse_tree(Lines(f"name: {value}\n"))
    assert problems == []
    assert root is not None
    assert to_plain(root) == {"name": value}
