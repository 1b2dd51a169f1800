"""What the shop shows to the world: one page for those who want no more, one ear for SendGrid."""
