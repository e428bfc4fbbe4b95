"""The bytes behind documents: the rows that name them, and how they go for good."""
