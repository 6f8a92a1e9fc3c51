"""Runs beside the sensors: spools what they say, and publishes it until it is acknowledged."""
