"""Runs beside the sensors: reads them, spools what they say, and publishes until it is acknowledged."""
