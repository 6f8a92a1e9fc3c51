"""Whom a tier calls, over what, until somebody answers."""
