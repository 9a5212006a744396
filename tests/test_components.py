"""`ServiceRoles` before any engine: how it is reached, and how it is called."""

from __future__ import annotations

import subprocess
import sys

import pytest

import proton_provider
from proton_provider import ServiceRoles, ServiceRolesArgs


def test_importing_the_package_does_not_import_pulumi_aws() -> None:
    """A program without `ServiceRoles` neither waits for pulumi-aws nor needs it."""
    seen = "import proton_provider, sys; print('pulumi_aws' in sys.modules, 'boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_every_public_name_can_be_imported() -> None:
    """What the package says it has, it has; anything else is missing as Python says it."""
    assert all(hasattr(proton_provider, name) for name in proton_provider.__all__)
    with pytest.raises(AttributeError, match="module 'proton_provider' has no attribute 'ServiceRole'"):
        proton_provider.ServiceRole  # type: ignore[attr-defined]  # noqa: B018  # the access is the test


def test_both_forms_of_arguments_at_once_are_refused() -> None:
    """An object of arguments and keyword arguments would contradict each other, so it is one or the other."""
    args = ServiceRolesArgs(management_account_id="111111111111")
    with pytest.raises(TypeError, match="Give ServiceRolesArgs"):
        ServiceRoles("roles", args, management_account_id="222222222222")  # type: ignore[call-overload]
