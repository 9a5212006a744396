"""A local AWS: Proton's environment account connections beside moto's IAM, STS and other services.

Start it with ``python -m proton_provider.local``, or with ``LocalAws`` in a test. It needs the extra ``[local]``.
``store`` lists which rules AWS documents, which are read off its service model, and which are assumed.
``moto_backend`` lists what moto does not emulate, and ``moto_changes`` what is changed of moto while a local AWS runs.
This package imports Proton's service model and nothing else of ``proton_provider``, so that it can not repeat the
provider's mistakes.
"""

from .control import CONNECTION_RESET, Request
from .server import LocalAws

__all__ = ["CONNECTION_RESET", "LocalAws", "Request"]
