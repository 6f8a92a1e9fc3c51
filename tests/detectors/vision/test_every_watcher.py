"""Every watcher that there is against every promise, and how a site file sets one."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from contract import sitefile
from contract.errors import SiteFileError
from contract.tracks import Frame
from detectors import catalogue as detectors
from detectors.vision import watching
from detectors.vision.floor import Floor
from detectors.vision.following import Patience, People, followed
from detectors.vision.person import Sure
from detectors.vision.watcher import AnyWatcher, Look
from tests.support.alike import alike
from tests.support.filmed import SIZE_PX, Body, falling, filmed, walking
from tests.support.hall import TOML

WATCHERS = watching.build(())
FILM = [*walking(Body((100, 400)), (420, 400), 4.0), *falling(Body((420, 400)), 4.0, 30.0)]
FLOOR = Floor(whole="aisle")


def looks() -> list[Look]:
    """Return what a camera sees of somebody who comes, falls, lies there and is lost."""
    people: People = {}
    number, found = 1, []
    for block in filmed(FILM):
        frame = block.frames[0]
        patience = Patience(4.0, 1.5, 0.4, 0.3)
        people, seen, number = followed(people, frame, 0, SIZE_PX, patience, number)
        look = Look(
            frame.t_ns, people, seen, frozenset(), FLOOR, SIZE_PX, "people", Sure(0.2, 0.35)
        )
        found.append(look)
    return found


@pytest.mark.parametrize("watcher", WATCHERS, ids=lambda watcher: watcher.kind)
def test_a_watcher_says_what_it_is(watcher: AnyWatcher) -> None:
    assert vars(type(watcher)).get("__doc__")
    assert watcher.tells
    for name, setting in type(watcher).model_fields.items():
        assert setting.description, name
    assert type(watcher).model_validate_json(watcher.model_dump_json()) == watcher


@pytest.mark.parametrize("watcher", WATCHERS, ids=lambda watcher: watcher.kind)
def test_a_watcher_leaves_its_state_alone_and_tells_only_of_its_kinds(watcher: AnyWatcher) -> None:
    state = watcher.start()
    for look in looks():
        before, look_before = copy.deepcopy(state), copy.deepcopy(look)
        after, found = watcher.look(state, look)
        assert alike(state, before)
        assert alike(look, look_before)
        assert {finding.kind for finding in found} <= watcher.tells
        state = pickle.loads(pickle.dumps(after))


@pytest.mark.parametrize("watcher", WATCHERS, ids=lambda watcher: watcher.kind)
def test_a_watcher_bears_a_blind_camera_and_a_silent_one(watcher: AnyWatcher) -> None:
    state = watcher.start()
    *_, last = looks()
    state, _ = watcher.look(state, last)
    state, _ = watcher.blind(state, Frame(t_ns=last.t_ns + 1, view="covered"))
    state, found = watcher.silent(state, last)
    assert {finding.kind for finding in found} <= watcher.tells


def refused(tables: str) -> tuple[str, ...]:
    site = sitefile.parse(TOML + tables)
    with pytest.raises(SiteFileError) as refusal:
        detectors.build(site)
    return refusal.value.problems


CAMERA = '[[detector]]\nkind = "camera"\n'
FALLS = '[[detector.watch]]\nkind = "falls"\n'


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        pytest.param(
            f"{CAMERA}confirm_s = 2.0\n",
            '[[detector]] "camera" has no key "confirm_s": '
            'it is a key of [[detector.watch]] with kind = "falls"',
            id="a key of an older site file",
        ),
        pytest.param(
            f'{CAMERA}[[detector.watch]]\nkind = "fals"\n',
            '[[detector]] "camera": watch: [[detector.watch]]: there is no kind "fals"; '
            'did you mean "falls"?',
            id="a watcher that there is not",
        ),
        pytest.param(
            f"{CAMERA}{FALLS}fast = 1\n",
            '[[detector]] "camera": watch: [[detector.watch]] "falls" has no key "fast"; '
            'did you mean "fast_s"?',
            id="a key that there is not",
        ),
        pytest.param(
            CAMERA + 2 * FALLS,
            '[[detector]] "camera": watch: [[detector.watch]]: kind "falls" is there 2 times',
            id="one twice",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_where_it_belongs(tables: str, said: str) -> None:
    assert refused(tables) == (said,)


@pytest.mark.parametrize("key", sorted(watching.elsewhere()))
def test_every_key_of_a_watcher_beside_the_tables_is_refused_with_its_table(key: str) -> None:
    (problem,) = refused(f"{CAMERA}{key} = 1\n")
    assert problem.endswith(f"it is a key of {watching.elsewhere()[key]}")


def test_a_table_sets_one_watcher_and_leaves_the_others_as_they_ship() -> None:
    tables: list[dict[str, Any]] = [{"kind": "falls", "fast_s": 1.0}]
    changed = {watcher.kind: watcher for watcher in watching.build(tables)}
    assert changed.pop("falls").model_dump()["fast_s"] == 1.0
    assert changed == {each.kind: each for each in WATCHERS if each.kind != "falls"}
