"""SendGrid: many mails in one request, each to one person, over its Web API v3."""
