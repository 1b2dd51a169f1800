"""Whether the machine's clock can be believed, and taking back what a wrong one did."""
