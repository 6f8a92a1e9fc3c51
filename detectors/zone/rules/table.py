"""Every rule that there is. A new one is a class in a file of this folder, and a line here."""

from __future__ import annotations

from detectors.zone.rules.authority import Authority, Escorted
from detectors.zone.rules.company import Attendant, Company
from detectors.zone.rules.crowding import Crowding
from detectors.zone.rules.muster import Muster
from detectors.zone.rules.quiet import GoneQuiet
from detectors.zone.rules.rescuer import Rescuer
from detectors.zone.rules.rule import Rule
from detectors.zone.rules.stay import Alone, LongestStay
from detectors.zone.rules.stranger import Stranger
from detectors.zone.rules.unidentified import Unidentified

RULES: tuple[type[Rule], ...] = (
    Authority,
    Escorted,
    Company,
    Attendant,
    Crowding,
    LongestStay,
    Alone,
    GoneQuiet,
    Muster,
    Rescuer,
    Stranger,
    Unidentified,
)
