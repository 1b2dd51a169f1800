"""The shop's look: colours, fonts, links and pictures."""
