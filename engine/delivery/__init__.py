"""From queued messages to the sender: gate, cap, rendering, sending, outcomes."""
