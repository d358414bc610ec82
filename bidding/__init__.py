"""Sealed bids and their opening."""
