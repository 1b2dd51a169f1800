"""Opening a shop: config.yaml, database, renderer and sender."""
