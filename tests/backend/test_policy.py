"""A site that would page nobody is refused before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.paging.catalogue import configured, named
from backend.runtime import BackendProcess
from contract.errors import SiteFileError
from tests.support.pages import paging_site

SMTP = 'kind = "smtp"\nhost = "127.0.0.1"\nsender = "floorwatch@hall7.example"'
CONSOLE = 'kind = "console"'


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {CONSOLE: SMTP, 'email = "gustav.dahl@hall7.example"\n': ""},
            '[[escalation]] "SEV1" step 2 reaches nobody: role:site-manager has no address that '
            "smtp can use; give an email or a phone",
            id="nobody on the step has an address for the channel",
        ),
        pytest.param(
            {"[[channel]]\n" + CONSOLE: ""},
            'there is no [[channel]], so nobody could be reached; try kind = "console"',
            id="no channel",
        ),
        pytest.param(
            {CONSOLE: 'kind = "consle"'},
            '[[channel]]: there is no kind "consle"; did you mean "console"?',
            id="a misspelt channel",
        ),
        pytest.param(
            {CONSOLE: CONSOLE + "\ncolour = true"},
            '[[channel]] "console" has no key "colour"; there are none',
            id="a key that the channel does not have",
        ),
        pytest.param(
            {CONSOLE: SMTP.replace("host", "hots")},
            '[[channel]] "smtp" has no key "hots"; did you mean "host"?',
            id="a misspelt key",
        ),
    ],
)
def test_a_site_that_pages_nobody_is_refused(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SiteFileError) as refused:
        BackendProcess(paging_site(**changes), state_dir=tmp_path).start()
    assert sentence in refused.value.problems


def test_a_site_without_a_ladder_is_refused(tmp_path: Path) -> None:
    site = paging_site().model_copy(update={"escalation": ()})
    with pytest.raises(SiteFileError, match="nobody would be paged"):
        BackendProcess(site, state_dir=tmp_path).start()


def test_two_channels_of_a_kind_have_two_names() -> None:
    more = CONSOLE + "\n\n[[channel]]\n" + CONSOLE
    assert list(named(configured(paging_site(**{CONSOLE: more})))) == ["console", "console-2"]
