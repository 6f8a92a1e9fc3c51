"""How the database came to be what it is: one file a step in `versions`, run at start.

A step is written by hand, as small as it can be, on the model of the newest; a test compares the
tables that all steps make with the tables that the code expects, on both databases.
"""
