"""How each channel is put before a peer: a file each, named as its kind."""
