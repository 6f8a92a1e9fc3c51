"""Show and change who is paged."""
