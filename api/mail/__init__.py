"""Mail to the people concerned: who gets what (kinds), written (letters), sent (post), by which way (outlets)."""
