"""Tests of `engine.preview`."""
