"""The figures of the page Today, of its command, and of the morning letter."""
