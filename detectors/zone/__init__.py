"""Who is in which zone, and whether they may be."""
