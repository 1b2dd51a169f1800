"""One file per event, the owner's `when`; see `triggers.event`."""
