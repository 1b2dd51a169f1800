"""Tests of `engine.feeds`."""
