"""Recordings played through the real agent, broker, gateway and backend."""
