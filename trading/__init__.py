"""Tenders and their life. Knows nothing of sealed bids, key sets, HTTP or Redis."""
