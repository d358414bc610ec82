"""Reads for desks that need what only bidding knows. Nothing about anybody else's bids before the opening."""
