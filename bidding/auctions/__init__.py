"""Auctions, listings, one-shot offers and descending rounds (docs/spec/auction.md). Pure: values in, events out."""
