"""Connectors: they read a platform's records and turn them into rows."""
