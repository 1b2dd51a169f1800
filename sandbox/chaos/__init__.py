"""Deliveries that are killed, over and over, and the count of what became of their mails."""
