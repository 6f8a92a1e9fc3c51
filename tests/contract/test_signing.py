"""A signature is of one key, one topic and these very bytes; a key file is for its owner alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import KeyFileError
from contract.signing import KEY_BYTES, TRAILER_BYTES, Seal, key_from, split

KEY = bytes(range(KEY_BYTES))
SEAL = Seal(KEY, "dock-7", "edge-1", "batch")
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(st.binary(max_size=300))
def test_what_was_signed_is_read_and_still_shown_as_it_was(body: bytes) -> None:
    signed = SEAL.sign(body)
    assert SEAL.body_of(signed) == body
    assert signed.startswith(body + b"\n")
    assert len(signed) == len(body) + TRAILER_BYTES


@given(st.binary(max_size=60), st.data())
def test_a_flipped_bit_anywhere_is_refused(body: bytes, data: st.DataObject) -> None:
    signed = bytearray(SEAL.sign(body))
    bit = data.draw(st.integers(0, 8 * len(signed) - 1))
    signed[bit // 8] ^= 1 << bit % 8
    assert SEAL.body_of(bytes(signed)) is None


@given(st.binary(max_size=60), st.integers(1, 200))
def test_a_message_cut_short_or_drawn_out_is_refused(body: bytes, by: int) -> None:
    signed = SEAL.sign(body)
    assert SEAL.body_of(signed[:-by]) is None
    assert SEAL.body_of(signed + b"x" * by) is None
    assert SEAL.body_of(b"x" * by + signed) is None


@given(NAMES, NAMES, st.sampled_from(["batch", "ack", "cmd", "tick"]), st.binary(max_size=60))
def test_a_signature_is_good_on_its_own_topic_alone(
    site: str, agent: str, stream: str, body: bytes
) -> None:
    other = Seal(KEY, site, agent, stream)
    same = (site, agent, stream) == ("dock-7", "edge-1", "batch")
    assert (other.body_of(SEAL.sign(body)) is not None) == same


@given(NAMES, NAMES)
def test_no_two_topics_are_written_alike(site: str, agent: str) -> None:
    glued = Seal(KEY, site + agent, "x", "batch").sign(b"{}")
    assert Seal(KEY, site, agent + "x", "batch").body_of(glued) is None


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_another_key_signs_otherwise(key: bytes) -> None:
    signed = Seal(key, "dock-7", "edge-1", "batch").sign(b"{}")
    assert (SEAL.body_of(signed) is not None) == (key == KEY)


@given(st.binary(max_size=300))
def test_what_nobody_signed_is_split_without_a_signature(payload: bytes) -> None:
    body, signature = split(payload)
    assert signature is not None or body == payload


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param(KEY.hex(), 0o100600, id="hex"),
        pytest.param(KEY.hex().upper() + "\n", 0o100600, id="hex in capitals, a line feed"),
        pytest.param("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0o100400, id="base64"),
    ],
)
def test_a_key_is_read(text: str, mode: int) -> None:
    assert key_from(text, mode, "the key") == KEY


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        pytest.param(KEY.hex(), 0o100640, "can be read by others", id="the group reads it"),
        pytest.param(KEY.hex(), 0o100602, "can be read by others", id="anybody writes it"),
        pytest.param("", 0o100600, "holds no key", id="empty"),
        pytest.param(KEY.hex()[:-2], 0o100600, "holds no key", id="a byte short"),
        pytest.param("z" * 64, 0o100600, "holds no key", id="neither hex nor base64"),
        pytest.param("AAEC", 0o100600, "holds no key", id="base64 of three bytes"),
    ],
)
def test_a_key_file_that_is_none_is_refused_by_name(text: str, mode: int, told: str) -> None:
    with pytest.raises(KeyFileError, match=f"the key {told}"):
        key_from(text, mode, "the key")
