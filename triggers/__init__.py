"""Rules: who, when and why."""
