"""Every detector that there is against every promise. None is listed here."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import SiteFileError
from detectors.catalogue import build, catalogue
from detectors.finder import AnyFinder
from tests.support.detector_checks import CHECKS, Check, check_does_not_see_cuts
from tests.support.eventful import eventful
from tests.support.hall import hall

DETECTORS = [kind().at(hall()) for kind in catalogue().values()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
def test_keeps_the_promise(detector: AnyFinder, check: Check) -> None:
    check(detector, eventful(detector))


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5))
@settings(max_examples=25)
@pytest.mark.slow
def test_does_not_see_where_blocks_are_cut(detector: AnyFinder, sizes: list[int]) -> None:
    check_does_not_see_cuts(detector, eventful(detector), sizes)


def test_the_catalogue_finds_what_ships() -> None:
    ships = {"fall", "zone", "button", "no_motion", "device_silent", "missed_check_in", "impact"}
    assert {*ships, "stumble"} <= set(catalogue())


@pytest.mark.parametrize("key", ["site", "devices", "accepts", "keyed_by"])
@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_what_the_site_gives_a_detector_is_no_key_of_its_table(kind: str, key: str) -> None:
    site = hall().model_copy(update={"detector": ({"kind": kind, key: {}},)})
    with pytest.raises(SiteFileError, match=f'"{kind}" has no key "{key}"'):
        build(site)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)
def test_a_detector_runs_without_knowing_anybody_s_name(detector: AnyFinder) -> None:
    written = pickle.dumps({k: v for k, v in vars(detector).items() if k != "settings"})
    assert [w.name for w in hall().wearer if w.name.encode() in written] == []
