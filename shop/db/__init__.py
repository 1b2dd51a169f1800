"""The database: engine, migrations, upserts, locks, leases and change markers."""
