"""A test's docstring is the owner's file it is about."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from settings.yaml.load import Check, ConfigError, load_config
from tests.settings.corner_cafe import CornerConfig

LoadValid = Callable[..., CornerConfig]
LoadInvalid = Callable[..., ConfigError]


@pytest.fixture
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The docstring of the test, as config.yaml."""
    path = tmp_path / "config.yaml"
    path.write_text(inspect.getdoc(request.function) or "", encoding="utf-8")
    return path


@pytest.fixture
def load_valid(config: Path) -> LoadValid:
    """Reads the docstring, which must be in order."""

    def load(*checks: Check, **environ: str) -> CornerConfig:
        return load_config(config, CornerConfig, environ=environ, checks=checks)

    return load


@pytest.fixture
def load_invalid(config: Path) -> LoadInvalid:
    """Reads the docstring, which must not be in order."""

    def load(*checks: Check, **environ: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load_config(config, CornerConfig, environ=environ, checks=checks)
        return caught.value

    return load


def mistake_lines(error: ConfigError) -> list[str]:
    """Every mistake on one line."""
    return [f"{mistake.line}:{mistake.column} {mistake.message}" for mistake in error.mistakes]
