"""Sensor windows: kept, shown, and taken away with a label."""
