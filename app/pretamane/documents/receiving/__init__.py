"""How documents come in, whole or in parts, and as versions of others."""
