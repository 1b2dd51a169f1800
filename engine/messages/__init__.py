"""Messages once written: leases, approval limit, settling, delivery events, corrections."""
