"""Sentences of a made-up language."""

UNSUBSCRIBE = "Nomailix"
