"""Tests of the owner's mailbox."""
