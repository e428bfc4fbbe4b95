"""What the worker does with a document after it was received, and what becomes of it."""
