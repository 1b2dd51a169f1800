"""HTTP clients whose responses are bounded in size, compression and time."""
