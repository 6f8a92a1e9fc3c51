"""A person falls."""
