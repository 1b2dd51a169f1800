"""The outbox under `regulars chaos`."""
