"""A café's Shopify look-alike on loopback, for the demo and for tests."""
