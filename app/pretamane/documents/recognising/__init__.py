"""Which files are taken: what a file is by its bytes, and whether it may be served."""
