"""What readers get to read: a folder per language with e-mails, pages and sentences."""
