"""What each of our processes asks of the machine it runs on: private files, a log, patience."""
