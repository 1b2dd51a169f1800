"""Guesses from headings and values what a file holds and how its columns are read."""
