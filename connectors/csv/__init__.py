"""Connector of CSV files that were exported from other programs."""
