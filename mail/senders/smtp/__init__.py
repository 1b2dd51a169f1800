"""Through a mail server of the owner's choice."""
