"""Rendering e-mails from Jinja templates, in a sandbox."""
