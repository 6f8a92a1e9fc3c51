"""Whom a site reaches, and what it gets wrong in silence."""
