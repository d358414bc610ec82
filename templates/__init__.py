"""Words and paper: facts in, bytes out, no session."""
