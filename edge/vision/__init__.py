"""Finds and follows people in pictures. Needs the extra `camera`: OpenCV and LiteRT."""

import os

# Before numpy is first imported, or its BLAS spins a second core for nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
