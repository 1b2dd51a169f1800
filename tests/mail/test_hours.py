"""Quiet hours and usual time must leave a time for mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import load_owner_config
from settings.yaml.load import ConfigError
from tests.cafe import FILE


def config_with(folder: Path, quiet: str, usual: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(f"{FILE}  quiet hours: {quiet}\n  usual time: {usual}\n")
    return path


@pytest.mark.parametrize("usual", ["21:00", "07:59", "00:00"])
def test_a_usual_time_in_the_quiet_hours_is_refused(usual: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lies in the quiet hours"):
        load_owner_config(config_with(tmp_path, "21:00 to 08:00", usual), {})


@pytest.mark.parametrize("usual", ["08:00", "20:59"])
def test_a_usual_time_at_their_edge_is_understood(usual: str, tmp_path: Path) -> None:
    assert load_owner_config(config_with(tmp_path, "21:00 to 08:00", usual), {}).sending.usual_time
