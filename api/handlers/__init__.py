"""Handlers, one file per area, a few lines each: read the form, name the lock, call the act."""
