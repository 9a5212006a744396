"""What the tests of the package that calls AWS share: the lines that a user sees, a failure's sentence, and names of operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from accounts import ABSENT, ENVIRONMENT_ACCOUNT, MANAGEMENT_ACCOUNT, REGION, role_arn

from proton_provider.aws.client import Proton
from proton_provider.errors import ProtonError

ROLE = role_arn("proton")
NOWHERE = "http://127.0.0.1:1"
"""Nobody listens on the first port, which is reserved."""

GET = "GetEnvironmentAccountConnection"
UPDATE = "UpdateEnvironmentAccountConnection"
CREATE = "CreateEnvironmentAccountConnection"
DELETE = "DeleteEnvironmentAccountConnection"
REJECT = "RejectEnvironmentAccountConnection"
LIST = "ListEnvironmentAccountConnections"
WANTED = {"environmentName": "prod", "managementAccountId": MANAGEMENT_ACCOUNT}


class LogLines(list[tuple[str, str]]):
    """The lines that a user saw."""

    def __call__(self, severity: str, text: str) -> None:
        self.append((severity, text))


def sentence(kind: type[ProtonError], call: Callable[[], object], *parts: str) -> str:
    """The one line that a failing call says; it is a whole sentence and hides what botocore raised."""
    with pytest.raises(ProtonError) as caught:
        call()
    assert type(caught.value) is kind
    shown: BaseException | None = caught.value
    while shown is not None:
        assert isinstance(shown, ProtonError)
        shown = None if shown.__suppress_context__ else shown.__context__
    text = str(caught.value)
    assert re.fullmatch(r"[A-Zb].*[a-z0-9)']\.", text), text  # b as in boto3
    for part in parts:
        assert part in text
    return text


ARN = f"arn:aws:proton:{REGION}:{ENVIRONMENT_ACCOUNT}:environment-account-connection/{ABSENT}"
OPERATIONS: Mapping[str, Callable[[Proton], object]] = {
    GET: lambda proton: proton.find(ABSENT),
    UPDATE: lambda proton: proton.set_roles(ABSENT, {"roleArn": ROLE}, LogLines()),
    CREATE: lambda proton: proton.request(WANTED, LogLines()),
    DELETE: lambda proton: proton.delete(ABSENT, ENVIRONMENT_ACCOUNT),
    "AcceptEnvironmentAccountConnection": lambda proton: proton.accept(ABSENT, LogLines()),
    REJECT: lambda proton: proton.reject(ABSENT, MANAGEMENT_ACCOUNT),
    LIST: lambda proton: proton.list_connections("ENVIRONMENT_ACCOUNT", environment_name="prod"),
    "ListTagsForResource": lambda proton: proton.tags(ARN),
    "TagResource": lambda proton: proton.tag(ARN, {"a": "b"}),
    "UntagResource": lambda proton: proton.untag(ARN, ["a"]),
}
