"""Figures about customers and the shop, as pure functions and set-based queries."""
