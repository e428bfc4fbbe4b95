"""Everything that a house holds, in a folder that can be read without it."""
