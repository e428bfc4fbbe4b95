"""What machines say of a document: what it is about, what it is like, and how far they are."""
