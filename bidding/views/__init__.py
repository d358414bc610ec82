"""Reads that need what only bidding knows. Nothing about anybody else's bids before the opening."""
