"""What detectors measured and rules looked at, in people's words and with sensible figures. Pure.

A name that is not in the table is shown as words with the unit that it ends in, so a new detector's
numbers are readable before anybody has written words for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from backend.console.wording import label, number, quantity

PLUS_MINUS = "_plus_minus"
"""A name that ends so is the uncertainty of the one before it."""

LABELS = {
    # What a device on the body measured.
    "after_impact_s": "Since the impact",
    "clipped_samples": "Samples at the sensor's limit",
    "free_fall_m": "Fell by",
    "free_fall_s": "Free fall",
    "impact_after_onset_s": "From the onset to the impact",
    "missing_s": "Not measured around it",
    "peak_g": "Hardest blow",
    "since_press_s": "Since the last press",
    "sta_lta": "Against what is usual",
    "still_s": "Without moving",
    "stir": "Stir, against the sensor's noise",
    "tilt_deg": "Tilted from upright",
    "usual_g": "Usual there",
    "usual_step_g": "Usual step",
    # What its clock said.
    "age_s": "Old when it came",
    "clock_off_s": "Its clock was off by",
    # What a camera saw.
    "aspect": "Width against height",
    "blind_s": "Sees nothing for",
    "distance_m": "Nearest",
    "drop_heights": "Sank by",
    "lying_looks": "Seen lying",
    # What readers heard.
    "door_events": "Door events",
    "reads": "Reads of the badge",
    "reads_in_zone": "Of them in the zone",
    "rssi_dbm": "Signal",
    "zone_age_s": "Last heard in the zone before",
    # What holds at a place.
    "devices": "Devices",
    "dwell_s": "In the zone for",
    "earlier": "Not long ago as well",
    "entries": "Went in",
    "overstay_s": "Longer than allowed by",
    "people": "People in the zone",
    "silent_s": "Silent for",
    # What rules look at besides.
    "authorised": "May be there",
    "cancelled": "Says that all is well",
    "hazard": "Hazard class",
    "idlh": "Dangerous to breathe there",
    "kind": "Kind",
    "live": "Energised",
    "lone": "Works alone",
    "people_down": "People down",
    "unanswered_s": "No answer for",
}
COUNTED = {
    "aspect": ("times", "times"),
    "clipped_samples": ("sample", "samples"),
    "door_events": ("event", "events"),
    "drop_heights": ("of their height", "of their height"),
    "earlier": ("time", "times"),
    "entries": ("time", "times"),
    "lying_looks": ("look", "looks"),
    "sta_lta": ("times", "times"),
    "stir": ("times", "times"),
}
"""What a number without a unit counts: one, and more."""
LONG_S = 120
"""From here on a duration is read in minutes."""


def measures(values: Mapping[str, float | str]) -> Iterator[tuple[str, str]]:
    """Yield each number's label, and the number as people write it.

    >>> list(measures({"free_fall_m": 0.052, "free_fall_m_plus_minus": 0.06}))
    [('Fell by', '0.05 ± 0.06 m')]
    >>> list(measures({"unanswered_s": "61.0619", "live": "yes", "entries": 2.0}))
    [('No answer for', '61 s'), ('Energised', 'yes'), ('Went in', '2 times')]
    >>> list(measures({"torque_kg": 12.345}))
    [('Torque', '12.35 kg')]
    """
    for name, value in values.items():
        of, _, rest = name.rpartition(PLUS_MINUS)
        if of in values and not rest:
            continue
        said = measure(name, value)
        around = values.get(f"{name}{PLUS_MINUS}")
        if around is not None:
            figure, _, unit = said.partition(" ")
            said = f"{figure} ± {measure(name, around).partition(' ')[0]} {unit}".rstrip()
        yield LABELS.get(name) or label(name), said


def measure(name: str, value: float | str) -> str:
    """Return one number as people write it, rounded to what they can use.

    >>> [measure("still_s", v) for v in (0.356, 7.26, 61.0619, 150.0, 7500.0)]
    ['0.36 s', '7.3 s', '61 s', '2 min 30 s', '2 h 5 min']
    >>> measure("drop_heights", 0.62), measure("tilt_deg", 80.04), measure("rssi_dbm", -61.3)
    ('0.6 of their height', '80°', '−61 dBm')
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return quantity(name, value)
    if not math.isfinite(value):
        return number(value)
    if name.endswith("_s"):
        return _duration(value)
    if name.endswith(("_deg", "_dbm")):
        return quantity(name, float(round(value)))
    if name in COUNTED:
        one, more = COUNTED[name]
        figure = number(round(value, 1) if abs(value) < 100 else value)
        return f"{figure} {one if figure == '1' else more}"
    return quantity(name, value)


def _duration(length_s: float) -> str:
    if abs(length_s) < LONG_S:
        digits = 2 if abs(length_s) < 1 else 1 if abs(length_s) < 10 else 0
        return f"{number(round(length_s + 0.0, digits))} s"
    minutes, rest_s = divmod(round(length_s), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min} min" if rest_min else f"{hours} h"
    return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"
