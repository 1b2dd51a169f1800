"""Web pages: those for customers, the owner's own, and webhooks of mail providers."""
