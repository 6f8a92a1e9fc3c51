"""What a site asks of those who are in its zones: one rule a file, listed in `table`."""
