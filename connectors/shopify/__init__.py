"""Connector of Shopify's Admin GraphQL API."""
