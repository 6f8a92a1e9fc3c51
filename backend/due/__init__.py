"""What is due now: time alone makes it so."""
