"""Causes in a made-up language."""

CORRECTION = "mistakix"
CUSTOMER = "customerix"
