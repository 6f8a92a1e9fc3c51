"""The console: pages that a phone on a dark floor can be trusted with.

They acknowledge without JavaScript, say at all times how old they are, and never show as done what
the server has not confirmed.
"""
