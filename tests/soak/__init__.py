"""Tests that take minutes: `make soak`. `make test` leaves them out."""
