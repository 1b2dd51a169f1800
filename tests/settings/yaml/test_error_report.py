"""The formatted error report."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.yaml.error_report import describe_path
from settings.yaml.load import ConfigError, Mistake, load_config
from tests.settings.conftest import LoadInvalid
from tests.settings.corner_cafe import CornerConfig


def test_a_mistake_is_shown_with_its_line_a_caret_and_the_way_there(
    load_invalid: LoadInvalid,
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        then:
          # One reminder is enough.

          - sned: cart-reminder
    """
    assert str(load_invalid()) == (
        'config.yaml:7:9: "sned" is not understood here. Did you mean "send"?\n'
        "  |\n"
        "7 |       - sned: cart-reminder\n"
        "  |         ^^^^ In rule abandoned-cart → step 1 → sned.\n"
        "\n"
        "1 to fix. Nothing was sent."
    )


def test_a_mistake_is_also_available_as_an_object(load_invalid: LoadInvalid) -> None:
    """
    sources:
      till: {from: sqare}
    """
    (mistake,) = load_invalid().mistakes
    assert mistake == Mistake(
        line=2,
        column=16,
        width=5,
        message='"sqare" is not known here. Known: csv, shopify.',
        where="sources → till → from",
    )


def test_the_caret_is_as_wide_as_what_was_typed(load_invalid: LoadInvalid) -> None:
    """
    rules:
      birthday:
        when: "birthdya"   # quotes count
        then: [send: cake]
    """
    assert "\n  |           ^^^^^^^^^^ In rule birthday → when." in str(load_invalid())


def test_columns_count_characters_and_carets_count_cells(load_invalid: LoadInvalid) -> None:
    """
    rules:
      café:
        when: birthday
        then: [{send: cake, with: {treat: "☕🥐 für Zoë", cream: [yes]}}]
    """
    error = load_invalid()
    (_, mistake) = error.mistakes
    assert (mistake.line, mistake.column) == (4, 53)
    caret = next(line for line in str(error).splitlines() if "cream" in line and "^" in line)
    # Both emoji are two columns wide.
    assert caret.index("^") == len("4 | ") + 52 + 2


def test_a_long_line_is_clipped_around_the_caret(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    long = "x" * 300
    path.write_text(f"shop: {{name: {long}, nmae: {long}}}")
    with pytest.raises(ConfigError) as caught:
        load_config(path, CornerConfig, environ={})
    lines = str(caught.value).splitlines()
    assert max(map(len, lines)) < 200
    shown, caret = next(
        (line, lines[place + 1])
        for place, line in enumerate(lines)
        if "nmae:" in line and "|" in line
    )
    assert shown[caret.index("^") : caret.index("^") + 4] == "nmae"


def test_whole_file_mistakes_show_no_line(load_invalid: LoadInvalid) -> None:
    """# Nothing yet."""
    assert (
        str(load_invalid()) == "config.yaml:1:1: The file is empty.\n\n1 to fix. Nothing was sent."
    )


def test_a_flood_of_mistakes_is_cut_short_but_counted(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("\n".join(f"nonsense-{number}: 1" for number in range(130)))
    with pytest.raises(ConfigError) as caught:
        load_config(path, CornerConfig, environ={})
    assert len(caught.value.mistakes) == 130
    assert str(caught.value).endswith("… and 30 more.\n\n130 to fix. Nothing was sent.")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ((), ""),
        (("shop",), "shop"),
        (("sources", "till", "from"), "sources → till → from"),
        (("rules", "birthday"), "rule birthday"),
        (("rules", "birthday", "then", 0, "send"), "rule birthday → step 1 → send"),
        (
            ("rules", "birthday", "then", 1, "else", 0, "then", 2),
            "rule birthday → step 2 → else → step 1 → step 3",
        ),
        (("sending", "only to", 1), "sending → only to → entry 2"),
    ],
)
def test_the_path_to_a_mistake_is_described_in_words(
    path: tuple[str | int, ...], words: str
) -> None:
    assert describe_path(path) == words
