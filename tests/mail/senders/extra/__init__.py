"""A sender that the product does not ship, to show that adding one is adding a folder."""
