"""The command ``proton-leftovers``: what AWS Proton left behind in an account. It only reads.

``python -m proton_provider.leftovers`` runs it too. What it takes for Proton's, and who says so:

- **AWS documents** (Proton's user guide, "IAM roles" and "Using service-linked roles"): ``proton.amazonaws.com`` assumes
  the service role and the component role. ``codebuild.amazonaws.com`` assumes the CodeBuild role, which carries the managed
  policy ``AWSProtonCodeBuildProvisioningBasicAccess``. The service-linked roles are ``AWSServiceRoleForProtonSync`` and
  ``AWSServiceRoleForProtonServiceSync`` (``sync.proton.amazonaws.com``) and ``AWSServiceRoleForProtonCodeBuildProvisioning``
  (``codebuild.proton.amazonaws.com``).
- **AWS documents** (the same guide's example policy, and the managed policy
  ``AWSProtonCodeBuildProvisioningServiceRolePolicy``): stacks are named ``AWSProton-*``, those of CodeBuild provisioning
  ``AWSProton-CodeBuild-*``, and CodeBuild projects ``AWSProton*``.
- **Inferred**: a service-linked role is Proton's if its service is ``proton.amazonaws.com`` or ends with
  ``.proton.amazonaws.com``, whatever its name. A stack or a project of another name is not Proton's.

Who holds what, in which order things go, and the source of each of these rules stand in ``rules``.

Not looked for: log groups, what CodeBuild builds deployed, and the resources in the stacks, which go with them.
"""
