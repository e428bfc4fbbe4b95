"""What staff see of documents: nothing else here knows of these pages."""
