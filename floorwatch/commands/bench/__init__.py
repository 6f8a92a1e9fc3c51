"""Measure how well this version detects, on recordings."""
