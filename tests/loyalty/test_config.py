"""The `loyalty:` block: valid values and explained mistakes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from connectors.registry import Source
from loyalty.config import Earn, Loyalty, Points, programme_source_check
from settings.model import ConfigModel
from settings.schema import json_schema
from settings.values import Length
from settings.yaml.load import ConfigError, load_config


class CornerConfig(ConfigModel):
    """A config.yaml with the parts that points need."""

    loyalty: Loyalty
    sources: dict[str, Source] = Field(default_factory=dict)


def load_loyalty(text: str, folder: Path) -> Loyalty:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(
        path, CornerConfig, environ={}, checks=[programme_source_check({"square": "Square"})]
    ).loyalty


def error_text(text: str, folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_loyalty(text, folder)
    return "\n".join(mistake.message for mistake in caught.value.mistakes)


def test_an_in_house_programme_is_parsed(tmp_path: Path) -> None:
    text = """
loyalty:
  earn: 1 point per 1
  expire after: 365 days
  rewards:
    a free coffee: 100 points
    a cake for your birthday: 250 points
"""
    assert load_loyalty(text, tmp_path) == Loyalty(
        programme="ours",
        earn=Earn(1, Decimal(1)),
        expire_after=Length(365, "days"),
        rewards={"a free coffee": Points(100), "a cake for your birthday": Points(250)},
    )


MISTAKES = {
    "earn: 1 point per euro": "Write 1 point per 1, without a currency",
    "earn: 1 point per €10": "Write 1 point per 10, without a currency",
    "earn: 1 point per 10 EUR": "Write 1 point per 10, without a currency",
    "earn: 1 point per 0,50": "Write 1 point per 0.50.",
    "earn: a point for every visit": "Write 1 point per visit.",
    "earn: 2 pts per order": "Write 2 points per visit.",
    "earn: 10 points each purchase": "Write 10 points per visit.",
    "earn: 1/10": "Write 1 point per 10.",
    "earn: 0 points per 1": "0 points would earn nothing",
    "earn: 1 point per 0": "Points per 0 would never end",
    "earn: 10001 points per 1": "Write 10000 or fewer",
    "earn: generously": "does not say how points are earned",
    "earn: 1 point per -5": "does not say how points are earned",
    "earn: 1  point per 1": "with one space between words",
    "expire after: 365 days": "Write earn: too",
    "earn: 1 point per 1\n  expire after: 1 year": "Write 365 days.",
    "earn: 1 point per 1\n  rewards: {coffee: 100}": "Write 100 points.",
    "earn: 1 point per 1\n  rewards: {coffee: 1 p}": "Write 1 point.",
    "earn: 1 point per 1\n  rewards: {coffee: 0 points}": "0 points would give it away",
    "earn: 1 point per 1\n  rewards: {coffee: 9999999 points}": "beyond anybody",
    "earn: 1 point per 1\n  rewards: {coffee: many}": "is no number of points",
    "earn: 1 point per 1\n  reward: {coffee: 1 point}": 'Did you mean "rewards"',
    "programme: till\n  earn: 1 point per 1": "till runs this programme",
    "programme: till": 'There is no source "till"',
    "programme: The Till": "Write the-till.",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_explained_in_the_owners_words(words: str, tmp_path: Path) -> None:
    assert MISTAKES[words] in error_text(f"loyalty:\n  {words}\n", tmp_path)


def test_only_square_runs_a_programme(tmp_path: Path) -> None:
    source = "{from: csv, holds: customers, file: a.csv, columns: {e-mail: A}}"
    text = f"sources:\n  old: {source}\nloyalty:\n  programme: old\n"
    assert "only Square does" in error_text(text, tmp_path)


@given(
    st.integers(1, 10_000),
    st.none() | st.decimals("0.01", 9_999_999, places=2, allow_nan=False),
)
def test_what_is_written_reads_the_same(points: int, per: Decimal | None) -> None:
    assert Earn.parse(str(Earn(points, per))) == Earn(points, per)
    assert Points.parse(str(Points(points))) == Points(points)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    assert parsed_or_error(Earn, text).endswith(".")
    assert parsed_or_error(Points, text).endswith(".")


def parsed_or_error(kind: type[Earn | Points], text: str) -> str:
    try:
        return f"{kind.parse(text)}."
    except ValueError as error:
        return str(error)


def test_the_schema_contains_the_owners_words() -> None:
    schema_text = str(json_schema(CornerConfig))
    assert "1 point per visit" in schema_text
    assert "expire after" in schema_text
