"""People, duties, and how they are reached."""
