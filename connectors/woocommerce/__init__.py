"""Connector of WooCommerce's REST API v3."""
