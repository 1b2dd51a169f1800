"""A mail server on loopback that counts accepted mails and can kill its client at a given step."""
