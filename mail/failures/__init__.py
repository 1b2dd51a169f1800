"""Failed deliveries: why a mail server refused a mail, and whom the refusal concerns."""
