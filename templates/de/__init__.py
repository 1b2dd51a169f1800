"""German: e-mails, pages and sentences."""
