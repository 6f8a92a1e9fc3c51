"""Readers of public data sets and of our own recordings. `find.find` is the way in.

Nothing here is a copy of a data set: the files stay where they are, most under licences that allow
research use only.
"""
