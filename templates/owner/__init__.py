"""What the owner reads, in English only: `why`, the morning letter, the evidence of opt-outs."""
