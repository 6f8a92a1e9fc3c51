"""How people are reached: one file a channel. Nothing lists them."""
