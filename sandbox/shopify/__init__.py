"""The part of Shopify's Admin GraphQL API that the café needs, after the published schema."""
