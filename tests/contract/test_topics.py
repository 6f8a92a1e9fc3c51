"""The topic tree, and what is refused outside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import UnknownTopicError
from contract.topics import STREAMS, Topic, parse, topic

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(STREAMS))
def test_a_topic_is_read_as_it_was_built(site: str, agent: str, stream: str) -> None:
    assert parse(topic(site, agent, stream)) == Topic(site, agent, stream)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "floorwatch/2/hall-7/edge-1/imu", "version '2'; this is version 1", id="newer"
        ),
        pytest.param("floorwatch/1/hall-7/edge-1", "is not floorwatch/1/", id="too-short"),
        pytest.param("floorwatch/1/hall-7/edge-1/imu/x", "is not floorwatch/1/", id="too-long"),
        pytest.param("devices/belt-01/imu", "is not floorwatch/1/", id="a-strangers-tree"),
        pytest.param("", "is not floorwatch/1/", id="empty"),
        pytest.param("floorwatch/1/Hall 7/edge-1/imu", "lower-case letters", id="site-shouted"),
        pytest.param("floorwatch/1/hall-7/edge.1/imu", "'edge.1'", id="agent-with-a-dot"),
        pytest.param("floorwatch/1/hall-7//imu", "''", id="agent-empty"),
        pytest.param("floorwatch/1/+/edge-1/imu", "'+'", id="a-filter"),
        pytest.param("floorwatch/1/hall-7/edge-1\n/imu", "lower-case letters", id="line-feed"),
        pytest.param("floorwatch/1/hall-7/edge-1/video", "stream 'video'; there are", id="stream"),
    ],
)
def test_a_topic_outside_the_tree_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UnknownTopicError) as refusal:
        parse(text)
    assert said in str(refusal.value)


@given(st.text() | st.builds("floorwatch/1/{}/{}/{}".format, NAMES, st.text(), st.text()))
def test_a_text_is_either_refused_or_a_topic(text: str) -> None:
    try:
        found = parse(text)
    except UnknownTopicError:
        return
    assert topic(*found) == text
