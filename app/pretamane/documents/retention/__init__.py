"""For how long documents are kept, and how they go after that."""
