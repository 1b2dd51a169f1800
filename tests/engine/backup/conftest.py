"""A filled café and a backup of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.backup.create import create_backup
from tests.cafe import MARCH, Cafe
from tests.engine.backup.backup_files import (
    RULES,
    fill,
)


@pytest.fixture
def original(sqlite: Engine, tmp_path: Path) -> Cafe:
    cafe = Cafe(sqlite, tmp_path, RULES)
    fill(cafe)
    return cafe


@pytest.fixture
def backup(original: Cafe, tmp_path: Path) -> Path:
    return create_backup(original.shop, tmp_path / "backups", now=MARCH).file
