"""Trusted time, the unit of work, the record and its proofs. Knows nothing of tenders."""
