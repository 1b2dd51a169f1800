"""Reads the owner's YAML file: positions, words, values."""
