"""Loads and validates config.yaml: value types, models, errors with positions, environment."""
