"""Which principals may assume a role, for every form of a trust policy that AWS accepts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from left_behind import CODEBUILD, PROTON, policy, trust

from proton_provider.leftovers.trust import Trust, read

ROOT = "arn:aws:iam::111111111111:root"
ALLOWED = trust({"Service": PROTON})
DENY = {"Effect": "Deny", "Principal": {"Service": PROTON}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param(ALLOWED, {PROTON}, id="a single service"),
        pytest.param(trust({"Service": [CODEBUILD, PROTON]}), {CODEBUILD, PROTON}, id="a list of services"),
        pytest.param(
            trust({"Service": PROTON, "AWS": [ROOT]}), {PROTON, ROOT}, id="a service and an account"
        ),
        pytest.param(
            {**ALLOWED, "Statement": ALLOWED["Statement"][0]}, {PROTON}, id="one statement, no list"
        ),
        pytest.param(
            policy(*trust({"Service": CODEBUILD})["Statement"], *ALLOWED["Statement"]),
            {CODEBUILD, PROTON},
            id="two statements",
        ),
        pytest.param(
            trust({"Service": PROTON}, Condition={"StringEquals": {"aws:SourceAccount": "111111111111"}}),
            {PROTON},
            id="a condition, as AWS's own example has",
        ),
        pytest.param(
            trust({"Service": PROTON}, Action=["sts:TagSession", "sts:AssumeRole"]), {PROTON}, id="actions"
        ),
        pytest.param(
            trust({"Service": PROTON}, Action="STS:Assume*"), {PROTON}, id="a wildcard in other letters"
        ),
        pytest.param(trust({"Service": PROTON}, Action="*"), {PROTON}, id="any action"),
        pytest.param(trust({"Service": PROTON}, Action="sts:TagSession"), set(), id="another action"),
        pytest.param(trust({"Service": PROTON}, Action=None), set(), id="no action"),
        pytest.param(
            trust({"Service": PROTON}, Action=None, NotAction="sts:TagSession"),
            {PROTON},
            id="all but another action",
        ),
        pytest.param(
            trust({"Service": PROTON}, Action=None, NotAction="sts:AssumeRole"),
            set(),
            id="all but this action",
        ),
        pytest.param(policy(DENY), set(), id="a denial alone"),
        pytest.param(
            policy(*ALLOWED["Statement"], DENY), {PROTON}, id="a denial beside: a role that was switched off"
        ),
        pytest.param(trust("*"), {"*"}, id="everybody, which says nothing about Proton"),
        pytest.param(trust({"AWS": "*"}), {"*"}, id="everybody, in the other form"),
        pytest.param(
            trust(None, NotPrincipal={"Service": PROTON}),
            {"*"},
            id="everybody but Proton, which says nothing about Proton",
        ),
        pytest.param({}, set(), id="no statement"),
        pytest.param("", set(), id="no text"),
        pytest.param("no policy", set(), id="no JSON"),
        pytest.param("[1]", set(), id="no map"),
        pytest.param(None, set(), id="nothing"),
        pytest.param(
            policy("x", {"Effect": "Allow", "Action": [1], "Principal": 7}), set(), id="wrong types"
        ),
    ],
)
def test_a_trust_policy_lets_in_those_that_an_allow_names(document: Any, found: set[str]) -> None:
    """Allow statements about sts:AssumeRole count, with whatever condition; names are taken as they stand."""
    assert read(document).services == found


@pytest.mark.parametrize(
    ("statement", "others", "denied"),
    [
        (
            {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:oidc-provider/x"}},
            {"arn:oidc-provider/x"},
            set(),
        ),
        (
            {"Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": "arn:saml/x"}},
            {"arn:saml/x"},
            set(),
        ),
        ({"Action": "sts:*", "Principal": {"AWS": "*"}}, {"*"}, set()),
        ({"NotAction": "sts:AssumeRole", "Principal": "*"}, {"*"}, set()),
        ({"Action": "sts:TagSession", "Principal": "*"}, set(), set()),
        ({"Action": "sts:AssumeRole", "NotPrincipal": {"AWS": ROOT}}, {"*"}, set()),
        ({"Action": "sts:AssumeRole", "Principal": "*", "Effect": "Deny"}, set(), {"*"}),
        ({"Action": "*", "Principal": {"Service": CODEBUILD}, "Effect": "Deny"}, set(), {CODEBUILD}),
        ({"Action": "sts:TagSession", "Principal": "*", "Effect": "Deny"}, set(), set()),
    ],
)
def test_whom_else_it_lets_in_and_keeps_out_is_seen(
    statement: dict[str, Any], others: set[str], denied: set[str]
) -> None:
    """With whichever action that assumes a role; each Deny counts, with or without a condition."""
    found = read(policy(*ALLOWED["Statement"], {"Effect": "Allow", **statement}))
    assert found.all == {PROTON, *others}
    assert found.denied == denied


def test_a_deny_keeps_a_service_out() -> None:
    """One for the service or for everybody; one for another does not matter."""
    for denied, lets_in in (({PROTON}, False), ({"*"}, False), ({CODEBUILD}, True)):
        trusts = Trust(services=frozenset({PROTON}), denied=frozenset(denied))
        assert trusts.lets_in(PROTON) is lets_in
    assert not Trust().lets_in(PROTON)


@pytest.mark.parametrize(
    "encode", [json.dumps, lambda document: quote(json.dumps(document)), lambda document: document]
)
def test_the_policy_may_come_as_a_map_as_text_or_url_encoded(encode: Any) -> None:
    """IAM sends it encoded; some SDKs decode it, some parse it too."""
    assert read(encode(ALLOWED)).services == {PROTON}
