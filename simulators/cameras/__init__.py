"""What cameras are measured on: films with the truth known, and how a run is scored."""
