"""The shipped weights: see MODEL_CARD.md."""
