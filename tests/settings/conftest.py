"""A test's docstring is the owner's file it is about."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from settings.yaml.load import Check, FileNotUnderstood, read
from tests.settings.corner_cafe import Corner

Understand = Callable[..., Corner]
Refuse = Callable[..., FileNotUnderstood]


@pytest.fixture
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The docstring of the test, as config.yaml."""
    path = tmp_path / "config.yaml"
    path.write_text(inspect.getdoc(request.function) or "", encoding="utf-8")
    return path


@pytest.fixture
def understood(config: Path) -> Understand:
    """Reads the docstring, which must be in order."""

    def reading(*checks: Check, **environ: str) -> Corner:
        return read(config, Corner, environ=environ, checks=checks)

    return reading


@pytest.fixture
def refused(config: Path) -> Refuse:
    """Reads the docstring, which must not be in order."""

    def reading(*checks: Check, **environ: str) -> FileNotUnderstood:
        with pytest.raises(FileNotUnderstood) as caught:
            read(config, Corner, environ=environ, checks=checks)
        return caught.value

    return reading


def told(refusal: FileNotUnderstood) -> list[str]:
    """Every mistake on one line."""
    return [f"{one.line}:{one.column} {one.message}" for one in refusal.mistakes]
