"""What was kept, as people and programs get it: originals, pictures and words of pages."""
