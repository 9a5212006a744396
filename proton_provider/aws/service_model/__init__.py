"""AWS Proton as this project knows it: its own service model, in botocore's format, and how botocore finds it.

boto3 takes the models of services that have ended out of its releases, and Proton has ended. So the model of the ten
operations on connections and tags stands here, always used: everybody runs the same, whatever botocore is installed.
Its facts are those that AWS published: operations, members, patterns, lengths, enumerations, errors, endpoints of
every partition. What botocore 1.42 to 1.44 say of the ten is the same (a test compares them for as long as botocore
says anything). There are no texts in it, no waiters (none of Proton's wait for a connection) and no other operation.
"""

import functools
import os
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import Session

SERVICE = "proton"
API_VERSION = "2020-07-20"

FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # botocore's paths are texts
"""A search path of botocore's loader."""


class _OwnModelLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """A loader that knows of Proton what is in `FOLDER` and nothing else, whatever the search paths hold."""

    def __init__(self, base: Loader) -> None:
        super().__init__(
            extra_search_paths=[FOLDER, *(path for path in base.search_paths if path != FOLDER)],
            file_loader=base.file_loader,
            include_default_search_paths=False,
        )
        self.extras_types[:] = base.extras_types
        self._own = _own_loader()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        # The order of search paths is not enough: botocore takes the latest version of all paths, adds extras of any
        # path, and finds on a later path what an earlier one lacks.
        if service_name == SERVICE:
            return self._own.load_service_model(service_name, type_name, api_version)
        return super().load_service_model(service_name, type_name, api_version)


def loader(base: Loader | None = None) -> Any:
    """A botocore `Loader` that finds our model of Proton, and everything else where `base` does.

    Without `base`: where botocore does by itself, which includes the user's `~/.aws/models`.
    """
    return _OwnModelLoader(Loader() if base is None else base)


def add_to(session: Session) -> None:
    """Have a botocore session find our model of Proton, and no other, from now on.

    Clients that it has made keep theirs. For boto3: `boto3.Session(botocore_session=session)`. Raises what botocore
    raises where the session's own loader can not be had, such as `ProfileNotFound`.
    """
    session.register_component("data_loader", loader(session.get_component("data_loader")))


@functools.cache
def model() -> Any:
    """The `ServiceModel` of Proton, loaded without a look at the user's AWS configuration."""
    return ServiceModel(_own_loader().load_service_model(SERVICE, "service-2"), SERVICE)


def _own_loader() -> Any:
    return Loader(
        extra_search_paths=[FOLDER], include_default_search_paths=False, include_default_extras=False
    )
