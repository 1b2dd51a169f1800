"""The shop's tables, and how they are written and read."""
