"""The doctor's checks: whether a shop's mail will be delivered, one module per subject."""
