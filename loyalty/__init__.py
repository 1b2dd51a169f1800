"""Points: how they are earned, what is left of them, and what they are good for."""
