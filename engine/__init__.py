"""The work itself, as plain functions."""
