"""Square's API over the café, for the demo and for tests."""
