"""A shop of an earlier release, and what today's code makes of it."""
