"""English: e-mails, pages and sentences."""
