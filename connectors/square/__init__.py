"""Connector of Square's API."""
