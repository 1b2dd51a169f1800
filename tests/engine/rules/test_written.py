"""A rule's lines of config.yaml."""

from __future__ import annotations

from engine.rules.written import read_file_state, read_rule_lines
from tests.cafe import Cafe

RULES = """rules:
  # Says hello.
  welcome:
    when: subscribed  # and nothing else
    then: [{send: welcome}]

  # Of carts.
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{task: "password: hunter2"}]
"""


def texts(cafe: Cafe, rule: str) -> list[str]:
    return [line.text for line in read_rule_lines(cafe.path, rule)]


def test_a_rule_has_its_lines_with_the_comment_above_it(cafe: Cafe) -> None:
    cafe.reread(RULES)
    lines = read_rule_lines(cafe.path, "welcome")
    assert [line.text for line in lines] == [
        "  # Says hello.",
        "  welcome:",
        "    when: subscribed  # and nothing else",
        "    then: [{send: welcome}]",
    ]
    file_lines = cafe.path.read_text().splitlines()
    assert all(file_lines[line.number - 1] == line.text for line in lines)


def test_the_last_rule_ends_with_the_file_and_secrets_are_masked(cafe: Cafe) -> None:
    cafe.reread(RULES)
    assert texts(cafe, "abandoned-cart")[-1].startswith('    then: [{task: "password: •••')
    assert "hunter2" not in "".join(texts(cafe, "abandoned-cart"))


def test_the_line_of_a_mistake_is_marked(cafe: Cafe) -> None:
    cafe.reread(RULES)
    cafe.path.write_text(cafe.path.read_text().replace("for: 3 hours", "for: 3 moons"))
    state = read_file_state(cafe.path, cafe.shop.config)
    assert state.problem is not None
    marked = [
        line
        for line in read_rule_lines(cafe.path, "abandoned-cart", state.mistakes)
        if line.mistakes
    ]
    assert [line.text for line in marked] == ["    for: 3 moons"]


def test_a_changed_file_is_newer_and_a_broken_one_has_no_lines(cafe: Cafe) -> None:
    cafe.reread(RULES)
    assert not read_file_state(cafe.path, cafe.shop.config).is_newer
    cafe.path.write_text(cafe.path.read_text().replace("3 hours", "4 hours"))
    assert read_file_state(cafe.path, cafe.shop.config).is_newer
    cafe.path.write_text("rules: [")
    assert read_file_state(cafe.path, cafe.shop.config).problem
    assert texts(cafe, "welcome") == []
    assert texts(cafe, "../../etc/passwd") == []
