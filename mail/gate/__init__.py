"""The gate: whether and when a mail may go."""
