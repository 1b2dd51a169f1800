"""Twenty formats in twenty variants each: read right or not recognised, and never anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.csv.presets.registry import all_presets
from tests.connectors.csv.recognition.exports import FORMATS, PRESET_NAMES
from tests.connectors.csv.recognition.variants import MANY_ROWS, VARIANTS
from tests.connectors.csv.recognition.verdict import ALLOWED, Verdict, judge

MANY = "5,000 rows"
# Without them nothing says whose orders they are, what was paid, or when.
NEEDED = ("key removed", "total or name removed", "date or phone removed")


def test_each_preset_is_tried_in_twenty_variants() -> None:
    assert (len(FORMATS), len(VARIANTS)) == (21, 20)
    unlisted = {preset.name for preset in all_presets()} - set(PRESET_NAMES)
    # One cannot be read, the other is told by the name of its file.
    assert unlisted == {"woocommerce-analytics-orders", "mailchimp-nonsubscribed"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_right_or_not_recognised(name: str, tmp_path: Path) -> None:
    verdicts = {
        variant: judge(name, variant, tmp_path, 20 if variant == MANY else None)
        for variant in VARIANTS
    }
    assert {verdict for verdict in verdicts.values() if verdict not in ALLOWED} == set()
    unrecognised = {
        variant for variant, verdict in verdicts.items() if verdict is Verdict.NOT_RECOGNISED
    }
    assert unrecognised <= set(NEEDED)


@pytest.mark.soak
@pytest.mark.parametrize("name", FORMATS)
def test_five_thousand_rows_are_read_right(name: str, tmp_path: Path) -> None:
    assert VARIANTS[MANY][0] == MANY_ROWS
    assert judge(name, MANY, tmp_path) is Verdict.RIGHT
