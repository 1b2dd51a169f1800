"""What the owner sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.yaml.error_report import trail
from settings.yaml.load import FileNotUnderstood, Mistake, read
from tests.settings.conftest import Refuse
from tests.settings.corner_cafe import Corner


def test_a_mistake_is_shown_with_its_line_a_caret_and_the_way_there(refused: Refuse) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        then:
          # One reminder is enough.

          - sned: cart-reminder
    """
    assert str(refused()) == (
        'config.yaml:7:9: "sned" is not understood here. Did you mean "send"?\n'
        "  |\n"
        "7 |       - sned: cart-reminder\n"
        "  |         ^^^^ In rule abandoned-cart → step 1 → sned.\n"
        "\n"
        "1 to fix. Nothing was sent."
    )


def test_a_mistake_is_a_value_too(refused: Refuse) -> None:
    """
    sources:
      till: {from: sqare}
    """
    (mistake,) = refused().mistakes
    assert mistake == Mistake(
        line=2,
        column=16,
        width=5,
        message='"sqare" is not known here. Known: csv, shopify.',
        where="sources → till → from",
    )


def test_the_caret_is_as_wide_as_what_was_typed(refused: Refuse) -> None:
    """
    rules:
      birthday:
        when: "birthdya"   # quotes count
        then: [send: cake]
    """
    assert "\n  |           ^^^^^^^^^^ In rule birthday → when." in str(refused())


def test_columns_count_characters_and_carets_count_cells(refused: Refuse) -> None:
    """
    rules:
      café:
        when: birthday
        then: [{send: cake, with: {treat: "☕🥐 für Zoë", cream: [yes]}}]
    """
    refusal = refused()
    (_, mistake) = refusal.mistakes
    assert (mistake.line, mistake.column) == (4, 53)
    caret = next(line for line in str(refusal).splitlines() if "cream" in line and "^" in line)
    # Both pictures are two cells wide.
    assert caret.index("^") == len("4 | ") + 52 + 2


def test_a_long_line_is_clipped_around_the_caret(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    long = "x" * 300
    path.write_text(f"shop: {{name: {long}, nmae: {long}}}")
    with pytest.raises(FileNotUnderstood) as caught:
        read(path, Corner, environ={})
    lines = str(caught.value).splitlines()
    assert max(map(len, lines)) < 150
    shown, caret = next(
        (line, lines[place + 1])
        for place, line in enumerate(lines)
        if "nmae:" in line and "|" in line
    )
    assert shown[caret.index("^") : caret.index("^") + 4] == "nmae"


def test_whole_file_mistakes_show_no_line(refused: Refuse) -> None:
    """# Nothing yet."""
    assert str(refused()) == "config.yaml:1:1: The file is empty.\n\n1 to fix. Nothing was sent."


def test_a_flood_of_mistakes_is_cut_short_but_counted(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("\n".join(f"nonsense-{number}: 1" for number in range(130)))
    with pytest.raises(FileNotUnderstood) as caught:
        read(path, Corner, environ={})
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
def test_the_way_to_a_mistake_is_told_in_words(path: tuple[str | int, ...], words: str) -> None:
    assert trail(path) == words
