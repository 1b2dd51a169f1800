"""Loads config.yaml with source positions and reports every mistake at once."""
