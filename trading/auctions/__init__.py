"""What a notice states of an auction. Pure."""
