"""The sub-commands of `floorwatch`, one file each."""
