"""The append-only record: of incidents, and of who looked at what."""
