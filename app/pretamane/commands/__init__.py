"""What an operator types. Whatever is heavy is imported inside a command, so that each starts at once."""
