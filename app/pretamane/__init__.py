"""Pretamane: a practice's clients and their documents."""

__version__ = "0.1.0"
