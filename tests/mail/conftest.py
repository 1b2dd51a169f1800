"""Invented facts, as many as it takes: a busy machine makes no test wrong."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
