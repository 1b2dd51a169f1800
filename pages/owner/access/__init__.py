"""Who may use the owner's pages: host, passcode, session and forged requests."""
