"""Measure at the site what the detectors need to know of it."""
