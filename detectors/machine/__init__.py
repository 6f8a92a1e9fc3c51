"""Equipment that feels what happens to it."""
