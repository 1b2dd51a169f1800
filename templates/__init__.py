"""The e-mails, as Jinja files; a shop's own copy wins."""
