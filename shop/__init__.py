"""The shop's tables and database, identities, consent and the ingest of rows."""
