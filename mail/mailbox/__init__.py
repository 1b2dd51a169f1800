"""The owner's mailbox: bounces, complaints, opt-outs and replies."""
