"""A small kinematic model of a body at work, and the accelerometers on its belt and wrist.

An activity gives a `Movement`: how the trunk is tilted and what specific force acts on it, at
`FINE_HZ`. An `Accelerometer` looks at the movement from where it is worn, through its mounting,
noise, range and step. A `Script` is a sequence of activities with the truth known.
"""
