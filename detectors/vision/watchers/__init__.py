"""What is found in the tracks of cameras: one file a plug-in."""
