"""Writes rows of the sources and resolves their customers."""
