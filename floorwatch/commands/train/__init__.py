"""Train what the detectors learned, on recordings."""
