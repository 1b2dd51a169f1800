"""Tests of `engine.lookback`."""
