"""Reads: for everybody, and for each desk. Nothing here changes anything, and nothing shows bids before the opening."""
