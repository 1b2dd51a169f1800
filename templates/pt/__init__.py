"""European Portuguese: e-mails, pages and sentences."""
