"""Keys with which agents and gateway know each other."""
