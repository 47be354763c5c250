"""Bookings: the words and the rules, pure. What keeps two from overlapping is the ledger."""
