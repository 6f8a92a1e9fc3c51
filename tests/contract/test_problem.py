"""Only the backend's own word about these very bytes is a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.problem import MEDIA_TYPE, OURS, REFUSAL, Problem, believed, digest, problem

ID = "0" * 31 + "1"
SENT = b'{"id": "..."}'
REFUSED = problem(422, "RefusedInputError", "confidence: too much", refused=(ID, SENT))


def told(**changed: Any) -> bytes:
    return REFUSED.model_copy(update=changed).model_dump_json(exclude_none=True).encode()


def test_our_own_refusal_is_believed_and_says_why() -> None:
    found = believed(422, f"{MEDIA_TYPE}; charset=utf-8", told(), ID, SENT)
    assert found == REFUSED
    assert (found.type, found.title) == ("urn:floorwatch:problem:refused-input", "Refused input")


@pytest.mark.parametrize(
    ("status", "media_type", "answer"),
    [
        pytest.param(422, "application/json", told(), id="not said to be a problem"),
        pytest.param(422, "text/html", b"<html>400 Bad Request</html>", id="a proxy's page"),
        pytest.param(422, MEDIA_TYPE, b"", id="nothing"),
        pytest.param(422, MEDIA_TYPE, told()[:-9], id="cut off"),
        pytest.param(422, MEDIA_TYPE, b'{"title": "Bad Request", "status": 422}', id="a stranger"),
        pytest.param(422, MEDIA_TYPE, told(floorwatch=None), id="without our marker"),
        pytest.param(422, MEDIA_TYPE, told(floorwatch=OURS), id="ours, and not for good"),
        pytest.param(422, MEDIA_TYPE, told(floorwatch="refusal/2"), id="of a later release"),
        pytest.param(422, MEDIA_TYPE, told(about="2" * 32), id="about another claim"),
        pytest.param(422, MEDIA_TYPE, told(about=None), id="about nothing"),
        pytest.param(422, MEDIA_TYPE, told(digest=digest(b"{}")), id="about other bytes"),
        pytest.param(422, MEDIA_TYPE, told(status=409), id="another status inside"),
        pytest.param(400, MEDIA_TYPE, told(), id="another status outside"),
        pytest.param(500, MEDIA_TYPE, told(status=500), id="a server in trouble"),
        pytest.param(200, MEDIA_TYPE, told(status=200), id="a success"),
    ],
)
def test_nothing_else_is(status: int, media_type: str, answer: bytes) -> None:
    assert believed(status, media_type, answer, ID, SENT) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from([REFUSAL, ID, MEDIA_TYPE]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([*Problem.model_fields]), inner)
    ),
)


@given(st.integers(100, 599), JSON)
def test_no_json_by_accident_is_a_refusal(status: int, answer: Any) -> None:
    """The digest of what was sent is in no answer that was not made of it."""
    assert believed(status, MEDIA_TYPE, json.dumps(answer).encode(), ID, SENT) is None
