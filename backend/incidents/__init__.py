"""Incidents: their life, their store, their timeline."""
