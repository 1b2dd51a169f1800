"""The JSON Schema accepts what the loader accepts, and rejects obvious mistakes."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no type stubs

from settings.schema import json_schema
from settings.yaml.load import ConfigError, load_config
from tests.examples import examples
from tests.settings.conftest import LoadValid
from tests.settings.corner_cafe import CornerConfig

VALIDATOR = Draft202012Validator(json_schema(CornerConfig))


def editor_errors(text: str) -> list[str]:
    """Returns the schema errors of `text` after standard YAML typing, as an editor shows them."""
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(json_schema(CornerConfig))
    assert json_schema(CornerConfig)["$schema"].endswith("2020-12/schema")
    json.dumps(json_schema(CornerConfig))


def test_an_editor_takes_values_that_yaml_types(load_valid: LoadValid) -> None:
    """
    shop:
      name: 1984
      country: NO
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12
    sources:
      "2024": {from: shopify, store: on, client secret: $SECRET}
    sending:
      through: smtp
      host: $HOST
      from: $SENDER
      port: 25
      quiet hours: 21:00 to 08:00
      no more than: 1 email per day
      ask me above: 50
      include backlog: no
    rules:
      birthday:
        when: birthday
        for: longer than usual
        if: {tags: [staff, 7, yes], visits: "at least 1,000"}
        then:
          - send: 404
            approve first: yes
            with: {valid for: 14, treat: no}
          - if: {any of: [{cart total: at least 1.5}]}
            then: [wait: as long as usual]
            else: [{task: 0351, due in: 1 day}]
    """
    load_valid(SECRET="shh", HOST="h", SENDER="Ana <ana@cornercafe.example>")
    text = inspect.getdoc(test_an_editor_takes_values_that_yaml_types) or ""
    assert editor_errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ruels: {}",
        "rules: {Bad Name: {when: birthday, then: [send: cake]}}",
        "rules: {a: {when: brithday, then: [send: cake]}}",
        "rules: {a: {when: birthday}}",
        "rules: {a: {when: birthday, then: []}}",
        "rules: {a: {when: birthday, then: {send: cake}}}",
        "rules: {a: {when: birthday, then: [sned: cake]}}",
        "rules: {a: {when: birthday, in: 3, then: [send: cake]}}",
        "rules: {a: {when: birthday, in: , then: [send: cake]}}",
        "sources: {a: {from: shopify, store: x, client secret: shpat_1}}",
        "sources: {a: {from: csv, holds: orders, file: x}}",
        "sending: {through: outbox, host: x}",
    ],
)
def test_an_editor_underlines_what_the_reader_refuses(text: str, tmp_path: Path) -> None:
    assert editor_errors(text)
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError):
        load_config(tmp_path / "config.yaml", CornerConfig, environ={})


def test_every_value_explains_itself_to_editors() -> None:
    described = json_schema(CornerConfig)["$defs"]["Smtp"]["properties"]
    for key in ("usual time", "quiet hours", "no more than", "ask me above", "include backlog"):
        part: dict[str, Any] = described[key]
        assert part["description"], key
        assert part["examples"], key
    assert "title" not in json.dumps(described)


KEYS = """usual time, quiet hours, no more than, ask me above, include backlog, port, password"""
PIECES = """3 hours, 1 day, 0 days, at least 15, 50, 5 %, 50 or 5 percent, yes, no, true, 21:00
, 10:00, 21:00 to 08:00, up to 5 per day, 2 emails per week, EUR, NO, a-b, 0x1f, 1e3, 1_000, 07
, 2024-01-01, Ana <ana@x.example>, $NAME, longer than usual, null, ~, [], {}, .5, .inf, -1, 587"""


@given(st.sampled_from(KEYS.split(", ")), st.sampled_from(re.split(r"\s*, ", PIECES)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(200))
def test_a_value_the_reader_accepts_is_valid_in_the_schema(
    tmp_path: Path, key: str, piece: str
) -> None:
    sending = f"sending:\n  through: smtp\n  host: x\n  from: Ana <a@x.example>\n  {key}: {piece}"
    (tmp_path / "config.yaml").write_text(sending)
    try:
        load_config(tmp_path / "config.yaml", CornerConfig, environ={"NAME": "x"})
    except ConfigError:
        return
    # YAML 1.2, which editors use, parses 10:00 as text; PyYAML as sexagesimal number.
    assert editor_errors(re.sub(r": (\d\d:\d\d)$", r": '\1'", sending)) == []
