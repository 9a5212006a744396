"""`proton-leftovers` never falls over: broken sources of credentials, and pages of something else in place of answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from hashlib import sha1
from pathlib import Path

import pytest
from before_moto import Facts
from left_behind import AWAY, HOME, Account, Command

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in<br></body></html>"
KEYS = {"Version": 1, "AccessKeyId": "222222222222", "SecretAccessKey": "x", "SessionToken": "t"}


@pytest.fixture
def unsigned(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account that the shell has no credentials of."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return account


def process(printed: object) -> str:
    """A profile whose credential process prints this."""
    text = json.dumps(printed) if not isinstance(printed, str) else printed
    return f'[profile p]\ncredential_process = {sys.executable} -c \'print("""{text}""")\'\n'


@pytest.mark.parametrize(
    ("profile", "source"),
    [
        pytest.param("[profile p]\ncredential_process = /no/such/program\n", "credential_process /no/such/program", id="no program"),
        pytest.param("[profile p]\nrole_arn = arn:aws:iam::222222222222:role/r\nweb_identity_token_file = /no/token\n", "web_identity_token_file /no/token", id="no token file"),
        pytest.param(process({**KEYS, "Expiration": "2020-01-01T00:00:00Z"}), "credential_process", id="an end that is past"),
        pytest.param(process({"Version": 1}), "credential_process", id="no keys"),
        pytest.param("[profile p]\nrole_arn = arn:aws:iam::222222222222:role/r\nsource_profile = q\n", "role_arn arn:aws:iam::222222222222:role/r", id="no source profile"),
    ],
)  # fmt: skip
def test_a_broken_source_of_credentials_ends_in_a_sentence(
    unsigned: Account, leftovers: Command, no_aws_in_shell: Path, profile: str, source: str
) -> None:
    """It names the source, and what to do is not about Proton; there is no report."""
    no_aws_in_shell.write_text(profile)
    before = len(unsigned.aws.requests)
    ended = leftovers("--profile", "p", "--region", HOME)
    assert (ended.status, ended.out) == (1, "")
    assert re.fullmatch("proton-leftovers: No credentials from the profile p .*\n", ended.err)
    assert source in ended.err
    assert "Nothing else was called." in ended.err
    assert "Proton was" not in ended.err
    assert unsigned.aws.requests[before:] == []


@pytest.mark.parametrize("cache", ['{"accessToken": "x", "expi', "[]"])
def test_a_cut_sso_cache_ends_in_a_sentence(unsigned: Account, no_aws_in_shell: Path, cache: str) -> None:
    """Wherever it was cut. The cache is in the user's home, which botocore looks up when it is imported."""
    no_aws_in_shell.write_text(
        "[profile p]\nsso_session = s\nsso_account_id = 222222222222\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
    folder = no_aws_in_shell.parent / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True)
    (folder / f"{sha1(b's').hexdigest()}.json").write_text(cache)  # noqa: S324  # botocore's name of the file
    done = subprocess.run(
        [sys.executable, "-m", "proton_provider.leftovers", "--profile", "p", "--region", HOME],
        env={**os.environ, "HOME": str(no_aws_in_shell.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("proton-leftovers: No credentials from the profile p (sso_session s)")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("bad", ["first\nsecond", "ümlaut"])
def test_credentials_that_cant_be_sent_end_in_a_sentence_without_them(
    unsigned: Account,
    leftovers: Command,
    monkeypatch: pytest.MonkeyPatch,
    no_aws_in_shell: Path,
    bad: str,
) -> None:
    """From whichever source, in whichever part."""
    keys = no_aws_in_shell.parent / "keys.json"
    keys.write_text(json.dumps({**KEYS, "SessionToken": bad}))
    no_aws_in_shell.write_text(f"[profile p]\ncredential_process = cat {keys}\n")
    of_process = leftovers("--profile", "p", "--region", HOME)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bad)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    of_environment = leftovers("--region", HOME)
    for ended, source in ((of_process, "the profile p"), (of_environment, "the environment")):
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.startswith(f"proton-leftovers: No credentials from {source}")
        assert len(ended.err.splitlines()) == 1
        assert bad.split(maxsplit=1)[0] not in ended.err


@pytest.mark.parametrize("status", [200, 302, 403, 503])
def test_a_page_in_place_of_sts_ends_the_command(
    account: Account, facts: Facts, leftovers: Command, pauses: list[float], status: int
) -> None:
    """The sentence has the page's status."""
    facts.pages["sts"] = (status, PAGE)
    ended = leftovers("--region", HOME)
    assert (ended.status, ended.out) == (1, "")
    assert re.fullmatch(
        f"proton-leftovers: AWS did not say which account this is. HTTP status {status}, .*\n", ended.err
    )


PAGES = [(200, PAGE), (302, PAGE), (403, PAGE), (503, PAGE)]
NO_XML = [(200, body) for body in (b"", b"<html/>", b"\xff")]
NO_JSON = [(200, body) for body in (b"", b"{}", b"[]", b'{"projects": [{}]}')]


@pytest.mark.parametrize(
    ("place", "costs", "wrong"),
    [
        ("iam", ("IAM roles", {"AWSProton-prod", "AWSProton-CodeBuild-prod"}), PAGES),
        (
            f"cloudformation/{HOME}",
            (f"CloudFormation stacks in {HOME}", {"AWSProton-CodeBuild-prod"}),
            NO_XML,
        ),
        (f"codebuild/{HOME}", (f"CodeBuild projects in {HOME}", {"AWSProton-prod-build"}), NO_JSON),
    ],
)
@pytest.mark.usefixtures("pauses")
def test_a_page_costs_the_service_and_region_that_it_came_from(
    account: Account,
    facts: Facts,
    leftovers: Command,
    *,
    place: str,
    costs: tuple[str, set[str]],
    wrong: list[tuple[int, bytes]],
) -> None:
    """And an answer without what is needed. The rest is reported, and the exit status is 1."""
    account.fill()
    unread, still_found = costs
    for status, body in wrong:
        facts.pages[place] = (status, body)
        ended = leftovers.json()
        assert ended.status == 1
        assert still_found <= set(ended.names)
        reason = "The answer has no|HTTP status 200, but" if status == 200 else f"HTTP status {status}, and"
        assert re.search(f"{unread}: ({reason}) ", ended.err), (status, body, ended.err)


def test_credentials_that_break_in_the_middle_end_the_command(
    unsigned: Account, leftovers: Command, no_aws_in_shell: Path, tmp_path: Path
) -> None:
    """A source that works once, and then no more: nothing is reported as if it had been read."""
    program = tmp_path / "once.py"
    soon = {**KEYS, "Expiration": "SOON"}
    program.write_text(
        "import datetime, pathlib, sys\n"
        f"once = pathlib.Path({str(tmp_path / 'once')!r})\n"
        "if once.exists(): sys.exit('signed out')\n"
        "once.touch()\n"
        "soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=90)\n"
        f"print({json.dumps(soon)!r}.replace('SOON', soon.isoformat()))\n"
    )
    no_aws_in_shell.write_text(f"[profile p]\ncredential_process = {sys.executable} {program}\n")
    ended = leftovers("--profile", "p", "--region", HOME, AWAY)
    assert (ended.status, ended.out) == (1, "")
    assert "No credentials from the profile p (credential_process" in ended.err
    assert "signed out" in ended.err
