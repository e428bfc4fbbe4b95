"""What people take away together: a ZIP, or a table."""
