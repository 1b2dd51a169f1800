"""Public pages for customers: unsubscribe, sign-up and its confirmation."""
