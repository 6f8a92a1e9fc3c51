"""A link that no phone can open is known before somebody needs it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.publicurl import unopenable
from contract.secret import weakness


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://floorwatch.example", id="a name"),
        pytest.param("https://floorwatch.example:8443/site", id="a port and a path"),
        pytest.param("http://10.0.0.7:8000", id="an address of the site's network"),
        pytest.param("http://[2001:db8::7]:8000", id="an address of IPv6"),
        pytest.param("http://floorwatch:8000", id="a name of the site's network"),
        pytest.param("HTTPS://Floorwatch.Example", id="in capitals"),
        pytest.param("http://localhost.example", id="a name that only begins so"),
    ],
)
def test_a_phone_might_open_it(url: str) -> None:
    assert unopenable(url) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("http://0.0.0.0:8000", "names no machine", id="every interface"),
        pytest.param("http://[::]:8000", "names no machine", id="every interface, IPv6"),
        pytest.param("http://0/", "names no machine", id="zero, as browsers read it"),
        pytest.param("http://127.0.0.1:8000", "the phone itself", id="loopback"),
        pytest.param("http://127.9.9.9", "the phone itself", id="all of 127 is loopback"),
        pytest.param("http://2130706433", "the phone itself", id="loopback as a number"),
        pytest.param("http://[::1]", "the phone itself", id="loopback, IPv6"),
        pytest.param("http://[::ffff:127.0.0.1]", "the phone itself", id="loopback, mapped"),
        pytest.param("https://localhost", "the phone itself", id="localhost"),
        pytest.param("https://LOCALHOST.:8000", "the phone itself", id="localhost, disguised"),
        pytest.param("http://hall.localhost", "the phone itself", id="a name under localhost"),
        pytest.param("http://169.254.1.1", "another network", id="link-local"),
        pytest.param("http://[fe80::1]", "another network", id="link-local, IPv6"),
        pytest.param("8000", "no http://", id="a bare port"),
        pytest.param(":8000", "no http://", id="a bare port with its colon"),
        pytest.param("floorwatch.example", "no http://", id="without a scheme"),
        pytest.param("floorwatch.example:8000", "no http://", id="a port, without a scheme"),
        pytest.param("ftp://floorwatch.example", "no http://", id="another scheme"),
        pytest.param("https:floorwatch.example", "no http://", id="without slashes"),
        pytest.param("http://", "no host", id="no host"),
        pytest.param("http://:8000", "no host", id="a port and no host"),
        pytest.param("http://floorwatch.example:port", "cannot be read", id="no port at all"),
        pytest.param("http://[floorwatch", "cannot be read", id="half a bracket"),
        pytest.param("https://floorwatch.example/?to=", "after that", id="a query"),
        pytest.param("https://floorwatch.example/#a", "after that", id="a fragment"),
        pytest.param("https://floor watch.example", "white space", id="a space"),
        pytest.param("", "no http://", id="empty"),
    ],
)
def test_no_phone_can_open_it(url: str, why: str) -> None:
    found = unopenable(url)
    assert found is not None
    assert why in found


@given(st.text())
def test_whatever_is_written_there_gets_an_answer(url: str) -> None:
    unopenable(url)
    unopenable(f"http://{url}")


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        pytest.param("", "has 0 characters", id="empty, as a half-written file"),
        pytest.param("x" * 31, "has 31 characters", id="short"),
        pytest.param("abc" * 20, "repeats few", id="long and dull"),
        pytest.param("3f9a1c-ChangeMe-7be2d05518a44e9f0", '"changeme"', id="an example's"),
        pytest.param("the-secret-of-hall-7-is-this-one!", '"secret"', id="a word"),
    ],
)
def test_a_secret_that_is_easily_guessed(secret: str, why: str) -> None:
    found = weakness(secret)
    assert found is not None
    assert why in found
    assert not secret or secret not in found


@given(st.binary(min_size=24, max_size=24))
def test_random_secrets_are_good(random: bytes) -> None:
    if len(set(random.hex())) >= 8:
        assert weakness(random.hex()) is None
