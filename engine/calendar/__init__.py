"""What the coming days bring, as far as today's data show it."""
