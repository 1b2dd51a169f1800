"""Previews of e-mails, and test mails to the owner."""
