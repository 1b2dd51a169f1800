"""Dutch: e-mails, pages and sentences."""
