"""Every detector that there is against every promise. None is listed here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.catalogue import catalogue
from detectors.detector import AnyDetector
from detectors.vision import watching
from detectors.vision.detector import CameraDetector
from tests.support.detector_checks import CHECKS, Check, check_does_not_see_cuts, run
from tests.support.eventful import eventful, own, with_a_stream_of_their_own
from tests.support.hall import hall

DETECTORS = [kind().at(hall()) for kind in catalogue().values()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
def test_keeps_the_promise(detector: AnyDetector, check: Check) -> None:
    check(detector, eventful(detector))


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5))
@settings(max_examples=25)
@pytest.mark.slow
def test_does_not_see_where_blocks_are_cut(detector: AnyDetector, sizes: list[int]) -> None:
    check_does_not_see_cuts(detector, eventful(detector), sizes)


def test_a_watcher_with_a_stream_of_its_own_finds_something_in_it_and_keeps_the_promises() -> None:
    watchers = watching.catalogue()
    for kind in with_a_stream_of_their_own():
        if kind in catalogue():
            continue
        assert kind in watchers, f"nothing is called {kind}, and it has a stream"
        camera, stream = CameraDetector().at(hall()), own(kind)
        assert {found.kind for found in run(camera, stream)} & watchers[kind].tells, kind
        for check in CHECKS:
            check(camera, stream)


def test_every_watcher_says_what_it_is() -> None:
    for kind, watcher in watching.catalogue().items():
        assert watcher.__doc__, kind
        for name, setting in watcher.model_fields.items():
            assert setting.description, f"the setting {name} of {kind} has no description"


def test_the_catalogue_finds_what_ships() -> None:
    ships = {"fall", "zone", "button", "no_motion", "device_silent", "missed_check_in", "impact"}
    assert {*ships, "stumble"} <= set(catalogue())
