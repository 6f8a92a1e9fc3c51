"""The `floorwatch` command: puts the packages together for a person at a terminal."""
