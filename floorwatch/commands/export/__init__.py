"""Take data out of an installation, without people's names."""
