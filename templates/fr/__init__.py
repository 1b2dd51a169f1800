"""French: e-mails, pages and sentences."""
