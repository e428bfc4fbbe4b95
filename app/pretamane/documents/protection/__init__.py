"""What holds a document, and who may know of it."""
