"""A look-alike of SendGrid, on loopback: it takes mails to nobody, and keeps who wants none."""
