"""What cameras saw of incidents: asked of the edge, taken in, kept for a while, shown."""
