"""Rendering, the gate, and the senders."""
