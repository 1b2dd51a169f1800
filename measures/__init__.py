"""What the rows say about customers, as pure functions and set queries."""
