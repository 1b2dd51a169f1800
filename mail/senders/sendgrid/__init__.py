"""SendGrid: many mails in one request, each to one recipient, over its Web API v3."""
