"""What runs in the cage. Nothing outside imports from here."""
