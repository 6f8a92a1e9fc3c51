"""The people models: a file each, named as its kind. Nothing lists them."""
