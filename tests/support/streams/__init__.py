"""Streams of detectors whose movement is not in `eventful.py`: a file each, named as its kind."""
