"""Nothing is heard any more."""
