"""Nobody moves."""
