"""Without an owner's file, the message leads to the shop nearby, or to `regulars init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.yaml.load import ConfigError, load_config
from tests.settings.corner_cafe import CornerConfig


def message(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, CornerConfig, environ={})
    assert [mistake.message for mistake in caught.value.mistakes] == [str(caught.value)]
    return str(caught.value)


def test_an_empty_folder_leads_to_init(tmp_path: Path) -> None:
    assert message(tmp_path / "config.yaml") == (
        f"There is no config.yaml in {tmp_path}. To begin a shop here: regulars init. "
        "To look at a made-up one first: regulars demo"
    )


def test_a_folder_of_a_shop_leads_to_the_shop(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    folder = tmp_path / "templates" / "old"
    folder.mkdir(parents=True)
    assert f"The shop is in {tmp_path}: go there" in message(folder / "config.yaml")


def test_the_folder_above_several_shops_names_them(tmp_path: Path) -> None:
    for name in ("bakery", "cafe", "salon", "shop", "notes"):
        (tmp_path / name).mkdir()
        if name != "notes":
            (tmp_path / name / "config.yaml").touch()
    assert "There are shops below it: bakery, cafe, salon and others." in message(
        tmp_path / "config.yaml"
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert message(tmp_path / "nowhere" / "config.yaml").startswith(
        f"There is no folder {tmp_path / 'nowhere'}. "
    )
