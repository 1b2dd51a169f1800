"""Whatever a file holds, its owner gets a report and never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.yaml.load import FileNotUnderstood, read
from tests.settings.corner_cafe import Corner

WHOLE = """shop:
  name: Corner Café
  country: PT
sources:
  till: {from: shopify, store: x, client secret: $SECRET}
  list: {from: csv, holds: customers, file: a.csv}
sending: {through: smtp, host: x, from: Ana <ana@cornercafe.example>}
rules:
  birthday:
    when: birthday
    for: 3 hours
    if: {visits: at least 1, tags: [a]}
    then:
      - send: cake
        with: {treat: coffee}
      - if: {any of: [{visits: exactly 2}]}
        then: [wait: 1 day]
        else: [{task: Call Clara}]
"""
WORDS = st.sampled_from(
    [
        "from",
        "then",
        "if",
        "<send>",
        "csv",
        "send",
        "[key]",
        "tagged-union",
        "Length",
        "-",
        "\n",
        "\n  ",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "&a ",
        "*a",
        "!!int ",
        "|",
        ">",
        "#",
        "\t",
        "é",
        "☕",
        "\u2028",
        "\u0085",
        "\ufeff",
        "\u00a0",
        "\\",
        "%",
        "@",
        "?",
        ",",
        "~",
        "<<: ",
        "---\n",
    ]
)


def reported(path: Path, content: bytes) -> FileNotUnderstood | None:
    path.write_bytes(content)
    try:
        read(path, Corner, environ={"SECRET": "shh"})
    except FileNotUnderstood as refusal:
        return refusal
    return None


def well_told(refusal: FileNotUnderstood | None) -> bool:
    """Every mistake is one line, says something, and can be shown on any terminal."""
    if refusal is None:
        return True
    str(refusal).encode()
    assert refusal.mistakes == sorted(set(refusal.mistakes))
    for one in refusal.mistakes:
        assert one.message.endswith((".", "?")), one
        assert "\n" not in one.message + one.where, one
        assert "Value error" not in one.message, one
        assert not re.search("<(wait|task|if)>|function-|literal", one.where), one
        assert min(one.line, one.column) > 0, one
    return str(refusal).endswith(f"{len(refusal.mistakes)} to fix. Nothing was sent.")


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_bytes_are_answered(tmp_path: Path, content: bytes) -> None:
    assert well_told(reported(tmp_path / "config.yaml", content))


@given(st.lists(WORDS | st.text(max_size=3), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
def test_any_yaml_is_answered(tmp_path: Path, pieces: list[str]) -> None:
    assert well_told(reported(tmp_path / "config.yaml", "".join(pieces).encode(errors="replace")))


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.lists(WORDS, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1000)
def test_any_slip_in_a_good_file_is_answered(
    tmp_path: Path, place: int, gone: int, pieces: list[str]
) -> None:
    text = WHOLE[:place] + "".join(pieces) + WHOLE[place + gone :]
    assert well_told(reported(tmp_path / "config.yaml", text.encode()))
