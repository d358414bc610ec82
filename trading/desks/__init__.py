"""What officials see on their desks: reads, for one role each. Nothing here changes anything."""
