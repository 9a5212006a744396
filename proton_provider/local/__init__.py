"""A local AWS: Proton's environment account connections beside moto's IAM, STS and other services.

``python -m proton_provider.local`` runs it as a command, ``LocalAws`` in a test. It needs the extra ``[local]``.
What is documented by AWS, read off its service model or assumed stands in ``store``; what moto leaves out in
``moto_backend``. It imports nothing of the rest of the package but Proton's service model, so that it can not
repeat its mistakes.
"""

from .control import CONNECTION_RESET, Request
from .server import LocalAws

__all__ = ["CONNECTION_RESET", "LocalAws", "Request"]
