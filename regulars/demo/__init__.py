"""The demo: its config, the servers it starts, and its three days."""
