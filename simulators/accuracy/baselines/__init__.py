"""Published rules for finding falls, to be beaten. A file is a rule; nothing lists them.

They are detectors, so the same pipeline runs them, but no site can ask for one: they are not in the
folder where the catalogue looks.
"""
