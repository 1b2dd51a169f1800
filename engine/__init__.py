"""The application core: ticks, delivery, sync, explanations, backup and the owner's commands."""
