"""Trains the fall models on recordings: the same windows, from the same code, as the detector's."""
