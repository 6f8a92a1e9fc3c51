"""The functional core: state and samples in, findings out. No I/O, no clock, no threads."""
