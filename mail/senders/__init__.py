"""Senders: one folder each, found by the registry."""
