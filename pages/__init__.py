"""The public web pages: unsubscribe, sign-up, and webhooks of mail providers."""
