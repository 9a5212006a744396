"""The code blocks of the documentation's guides and reference, each under the name that the tests call it by."""

from __future__ import annotations

import json

from engine.pages import Page

ADDRESS = "http://127.0.0.1:4600"
"""The address of the local AWS in the pages."""

README = Page("README.md")
INSTALL = README.block("bash", "pip install")

USE = Page("docs/use-it-in-your-project.md")
USE_STEPS = USE.steps()
SECOND_SHELL = USE.block("bash", "proton-local --port")
PINNED_BY_GIT = USE.block("text", "GIT-ADDRESS")
AWS_CONFIG = USE.block("yaml", "aws:profile")
LOCAL_CONFIG = USE.block("yaml", "proton:endpointUrl")

TWO_ACCOUNTS = Page("docs/work-in-two-accounts.md")
HANDSHAKE = TWO_ACCOUNTS.block("python", "ServiceRoles(")
HANDSHAKE_CONFIG = TWO_ACCOUNTS.block("bash", "config set")
CONNECTED = TWO_ACCOUNTS.block("text", "CONNECTED")

ADOPT = Page("docs/adopt-what-exists.md")
LOOK = ADOPT.block("bash", "list-tags-for-resource")
WHOLE = ADOPT.block("python", "adopt_existing=True")
ADOPTED = ADOPT.block("text", "Connection arn:")
ROLES_ONLY = ADOPT.block("python", "role_arn=found.role_arn")
RETAINED = ADOPT.block("yaml", "DeletionPolicy")
OUT_OF_STATE = ADOPT.block("bash", "pulumi state delete")

RECOVER = Page("docs/recover-after-a-crash.md")
RECOVERY = RECOVER.block("bash", "pulumi cancel")

TESTING = Page("docs/test-your-stack.md")
INSTALL_LOCAL = TESTING.block("bash", "pip install")
OWN_TEST = TESTING.block("python", "with LocalAws() as aws")

CI = Page("docs/run-in-ci.md")
WORKFLOW = CI.block("yaml", "id-token: write")

PERMITTED = Page("docs/permissions.md")
MANAGE = PERMITTED.block("json", "proton:CreateEnvironmentAccountConnection")
MANAGE_ROLES = PERMITTED.block(
    "json", '["proton:GetEnvironmentAccountConnection", "proton:UpdateEnvironmentAccountConnection"]'
)
ACCEPT = PERMITTED.block("json", "proton:AcceptEnvironmentAccountConnection")
FIND = PERMITTED.block(
    "json", '["proton:GetEnvironmentAccountConnection", "proton:ListEnvironmentAccountConnections"]'
)
LEFTOVERS = PERMITTED.block("json", "codebuild:ListProjects")

ERRORS = Page("docs/errors.md")
BAD_INPUT = ERRORS.block("text", "has a problem")
TRACEBACK = ERRORS.block("text", "Traceback")

LOCAL = Page("docs/local-aws.md")
START = LOCAL.block("bash", "proton-local")
LISTENING = LOCAL.block("text", "listening")
CLI = LOCAL.block("bash", "aws proton create")

COMMANDS = Page("docs/commands.md")
THOROUGH = COMMANDS.block("bash", "make test")

GUIDES = (USE, TWO_ACCOUNTS, ADOPT, RECOVER, TESTING, CI, PERMITTED, ERRORS, LOCAL, COMMANDS)


def actions(policy: str, service: str = "proton") -> set[str]:
    """The operations of a service that a policy allows."""
    allowed: set[str] = set()
    for statement in json.loads(policy)["Statement"]:
        given = statement["Action"]
        allowed.update([given] if isinstance(given, str) else given)
    return {action.partition(":")[2] for action in allowed if action.startswith(f"{service}:")}
