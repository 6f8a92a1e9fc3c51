"""Recorded badges: readers of the recordings, calibration, and how well presence follows them."""
