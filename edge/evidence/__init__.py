"""What a camera saw around an incident: kept for minutes, cut when asked, blurred, uploaded."""
