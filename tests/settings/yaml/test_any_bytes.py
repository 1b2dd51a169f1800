"""Property: any content of config.yaml gives a report, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.yaml.load import ConfigError, load_config
from tests.examples import examples
from tests.settings.corner_cafe import CornerConfig

VALID_FILE = """shop:
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


def config_error(path: Path, content: bytes) -> ConfigError | None:
    path.write_bytes(content)
    try:
        load_config(path, CornerConfig, environ={"SECRET": "shh"})
    except ConfigError as error:
        return error
    return None


def is_well_formed(error: ConfigError | None) -> bool:
    """Every mistake is one line, ends in a full stop, and can be encoded."""
    if error is None:
        return True
    str(error).encode()
    assert error.mistakes == sorted(set(error.mistakes))
    for mistake in error.mistakes:
        assert mistake.message.endswith((".", "?")), mistake
        assert "\n" not in mistake.message + mistake.where, mistake
        assert "Value error" not in mistake.message, mistake
        assert not re.search("<(wait|task|if)>|function-|literal", mistake.where), mistake
        assert min(mistake.line, mistake.column) > 0, mistake
    return str(error).endswith(f"{len(error.mistakes)} to fix. Nothing was sent.")


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(150))
def test_any_bytes_are_answered(tmp_path: Path, content: bytes) -> None:
    assert is_well_formed(config_error(tmp_path / "config.yaml", content))


@given(st.lists(WORDS | st.text(max_size=3), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(250))
def test_any_yaml_is_answered(tmp_path: Path, pieces: list[str]) -> None:
    assert is_well_formed(
        config_error(tmp_path / "config.yaml", "".join(pieces).encode(errors="replace"))
    )


@given(st.integers(0, len(VALID_FILE)), st.integers(0, 12), st.lists(WORDS, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(100))
def test_any_slip_in_a_good_file_is_answered(
    tmp_path: Path, place: int, removed: int, pieces: list[str]
) -> None:
    text = VALID_FILE[:place] + "".join(pieces) + VALID_FILE[place + removed :]
    assert is_well_formed(config_error(tmp_path / "config.yaml", text.encode()))
