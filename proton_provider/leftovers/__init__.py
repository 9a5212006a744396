"""The command ``proton-leftovers`` lists what AWS Proton left behind in an account. It only reads.

``python -m proton_provider.leftovers`` runs it too. These rules decide what belongs to Proton:

- **AWS documents** (Proton's user guide, [IAM roles] and [Using service-linked roles]): ``proton.amazonaws.com`` assumes
  the service role and the component role. ``codebuild.amazonaws.com`` assumes the CodeBuild role, which carries the managed
  policy ``AWSProtonCodeBuildProvisioningBasicAccess``. The service-linked roles are ``AWSServiceRoleForProtonSync`` and
  ``AWSServiceRoleForProtonServiceSync`` (``sync.proton.amazonaws.com``) and ``AWSServiceRoleForProtonCodeBuildProvisioning``
  (``codebuild.proton.amazonaws.com``).
- **AWS documents** (the same guide's [example policy], and the managed policy
  [AWSProtonCodeBuildProvisioningServiceRolePolicy]): stacks are named ``AWSProton-*``, those of CodeBuild provisioning
  ``AWSProton-CodeBuild-*``, and CodeBuild projects ``AWSProton*``.
- **AWS documents** (CodeBuild, [service role of a project]): a project runs as its service role. **Inferred**: so the role of a project ``AWSProton*``
  is Proton's, whatever policies it has.
- **AWS documents** (Proton, [resources and tagging]): Proton gives what it deploys the tags ``proton:account``,
  ``proton:template``, ``proton:service``, ``proton:service-instance`` and ``proton:environment``. ``--tagged`` looks for them.
- **Inferred**: a service-linked role is Proton's if its service is ``proton.amazonaws.com`` or ends with
  ``.proton.amazonaws.com``. Its name does not matter. A stack or a project with another name is not Proton's.

``rules`` has the rules for the order of deletion, and their sources.

The command does not look for log groups, or for the resources in the stacks. The resources in a stack are deleted with it.
"""
