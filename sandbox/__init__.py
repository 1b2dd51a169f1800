"""Sandbox servers of platforms and mail services, on loopback, for the demo and for tests."""
