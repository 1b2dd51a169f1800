"""Italian: e-mails, pages and sentences."""
