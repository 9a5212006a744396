"""The service model of AWS Proton, in botocore's format, and a loader with which botocore uses it.

boto3 removes the models of ended services from its releases, and Proton has ended. So this package has the model of the
ten operations on connections and tags. It is always used, whichever botocore is installed. Its facts are those that AWS
published: operations, members, patterns, lengths, enumerations, errors, and the endpoints of every partition. botocore
1.42 to 1.44 have the same facts (a test compares them while botocore has a model of Proton). The model has no
documentation strings, no other operations, and no waiters: Proton has no waiter for connections.
"""

import functools
import os
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import Session

SERVICE = "proton"

FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # botocore's paths are strings
"""A search path of botocore's loader."""


class _OwnModelLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """A loader that finds Proton's model only in `FOLDER`, whatever is in the search paths."""

    def __init__(self, base: Loader) -> None:
        super().__init__(
            extra_search_paths=[FOLDER, *(path for path in base.search_paths if path != FOLDER)],
            file_loader=base.file_loader,
            include_default_search_paths=False,
        )
        self.extras_types[:] = base.extras_types
        self._own = _own_loader()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        # The order of the search paths is not enough: botocore takes the latest version of all paths, adds extras from
        # every path, and looks in later paths for files that an earlier path lacks.
        if service_name == SERVICE:
            return self._own.load_service_model(service_name, type_name, api_version)
        return super().load_service_model(service_name, type_name, api_version)


def loader(base: Loader | None = None) -> Any:
    """A botocore `Loader` that finds our model of Proton, and all other models where `base` finds them.

    Without `base` it uses botocore's default paths, which include the user's `~/.aws/models`.
    """
    return _OwnModelLoader(Loader() if base is None else base)


def add_to(session: Session) -> None:
    """Make a botocore session use our model of Proton, and no other, from now on.

    Existing clients keep their models. For boto3: `boto3.Session(botocore_session=session)`. If the session cannot make
    its own loader, this raises botocore's error, such as `ProfileNotFound`.
    """
    base = session.get_component("data_loader")
    session.register_component("data_loader", _shared_loader(tuple(base.search_paths)))


@functools.cache
def _shared_loader(search_paths: tuple[str, ...]) -> Any:
    """One loader for all sessions with these paths: each keeps what it has read, which is many megabytes."""
    return loader(Loader(extra_search_paths=list(search_paths), include_default_search_paths=False))


@functools.cache
def model() -> Any:
    """The `ServiceModel` of Proton, loaded without reading the user's AWS configuration."""
    return ServiceModel(_own_loader().load_service_model(SERVICE, "service-2"), SERVICE)


def _own_loader() -> Any:
    return Loader(
        extra_search_paths=[FOLDER], include_default_search_paths=False, include_default_extras=False
    )
