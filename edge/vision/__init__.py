"""Finds and follows people in pictures. Needs the extra `camera`: OpenCV and LiteRT."""
