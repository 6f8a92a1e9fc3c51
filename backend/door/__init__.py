"""What stands between a socket and the application: limits, time-outs, lanes, whose page asks."""
