"""Tests of rendering, messages, senders and the mailbox."""
