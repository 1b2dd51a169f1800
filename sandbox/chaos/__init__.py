"""Trials that kill deliveries and count what became of their mails."""
