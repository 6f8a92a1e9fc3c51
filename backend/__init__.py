"""Keeps incidents, decides how bad they are, and pages until somebody answers."""
