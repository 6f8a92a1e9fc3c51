"""How somebody walks."""
