"""Fixtures that load the docstring of a test as its config.yaml."""

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
    """Writes the test's docstring to config.yaml and returns the path."""
    path = tmp_path / "config.yaml"
    path.write_text(inspect.getdoc(request.function) or "", encoding="utf-8")
    return path


@pytest.fixture
def load_valid(config: Path) -> LoadValid:
    """Loads the docstring; fails if it has mistakes."""

    def load(*checks: Check, **environ: str) -> CornerConfig:
        return load_config(config, CornerConfig, environ=environ, checks=checks)

    return load


@pytest.fixture
def load_invalid(config: Path) -> LoadInvalid:
    """Loads the docstring and returns its ConfigError."""

    def load(*checks: Check, **environ: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load_config(config, CornerConfig, environ=environ, checks=checks)
        return caught.value

    return load


def mistake_lines(error: ConfigError) -> list[str]:
    """Returns every mistake as `LINE:COLUMN MESSAGE`."""
    return [f"{mistake.line}:{mistake.column} {mistake.message}" for mistake in error.mistakes]
