"""Shopify's Admin GraphQL API as far as the café needs it, checked against the published schema."""
