"""Building messages: headers, MIME, signed links, status codes."""
