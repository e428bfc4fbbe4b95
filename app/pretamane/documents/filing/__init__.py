"""What people say of documents, and what documents are sorted by."""
