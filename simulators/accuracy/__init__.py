"""How well a detector does on recordings: event by event, over whole recordings, never by window.

`truth`, `tally` and `poisson` are pure; `sets` reads; `scoring` streams everything through the real
pipeline; `baselines` are published rules that anybody's detector should beat.
"""
