"""What an owner does first: a few questions, and a file of their own."""
