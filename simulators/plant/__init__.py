"""A simulated plant with the truth known: people, badges and readers, and a bench that scores it.

How reads come about (`hearing`) is physics with numbers fitted to recordings of walks, which no
detector is calibrated on; nothing that makes reads or truth imports a detector. Only the bench and
its baselines, in modules of their own, know both sides.
"""
