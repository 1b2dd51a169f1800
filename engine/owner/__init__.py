"""What the owner decides and reads: approvals, pauses, corrections, tasks, dry run and digest."""
