"""Platforms turned into rows."""
