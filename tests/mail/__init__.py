"""Rendering and building mail."""
