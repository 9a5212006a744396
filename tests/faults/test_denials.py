"""If AWS refuses a call or can't be reached, every event of every resource fails with an error and keeps the state."""

from __future__ import annotations

from functools import partial

from engine.harness import Client, MakeStack
from faults.conftest import Found
from faults.denials import deny_every_event, gone, refused

from proton_provider.local import LocalAws

DENIALS = (
    (partial(refused, code="AccessDeniedException"), "AccessDeniedError"),
    (partial(refused, code="ExpiredTokenException"), "CredentialsError"),
    (partial(refused, code="ExpiredToken", operations=["AssumeRole"]), "CredentialsError"),
    (gone, "EndpointUnreachableError"),
)


def test_no_event_under_a_denial_loses_anything(
    make_stack: MakeStack, aws: LocalAws, client: Client, found: Found
) -> None:
    """Create, refresh, update and destroy fail without access, credentials or endpoint, and never say deleted."""
    failures = deny_every_event(DENIALS, make_stack, aws, client)
    found(
        "access denied, expired credentials (of Proton, of STS), endpoint gone, in create, refresh, update and destroy",
        f"{failures} of {failures} commands failed with a sentence, the state kept what it held, AWS as well",
    )
