"""Spanish: e-mails, pages and sentences."""
