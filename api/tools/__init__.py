"""What runs on the side of bidders, trustees, agencies and experts: a client of the interface, and their own keys."""
