"""The look back: which mails the rules would have sent, had they run until today."""
