"""Stands between the broker and the backend: records, detects, acknowledges, forwards."""
