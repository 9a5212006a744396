"""Requests a connection with a CodeBuild role. `test_stack.py` and `test_program.py` test this stack."""

import pulumi

from proton_provider import EnvironmentAccountConnection, ServiceRoles

management_account_id = pulumi.Config().require("managementAccountId")

roles = ServiceRoles("roles", management_account_id=management_account_id, role=False, component_role=False)

connection = EnvironmentAccountConnection(
    "connection",
    environment_name="prod",
    management_account_id=management_account_id,
    codebuild_role_arn=roles.codebuild_role_arn,
    tags={"team": "payments"},
)

pulumi.export("connectionId", connection.id)
