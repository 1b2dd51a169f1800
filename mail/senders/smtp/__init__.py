"""SMTP: any mail server of the owner's choice."""
