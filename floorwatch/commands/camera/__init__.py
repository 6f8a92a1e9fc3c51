"""Set a camera up: see what it sees."""
