"""Tests of MIME messages and signed links."""
