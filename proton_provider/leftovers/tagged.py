"""Finds what Proton deployed outside its own stacks, by the tags that it gave to whatever it deployed.

AWS documents the tags (Proton, "resources and tagging"). What a stack ``AWSProton-*`` made is left out, by the tag
``aws:cloudformation:stack-name``. GetResources finds what supports tags and this call; IAM roles don't (documented).
"""

from __future__ import annotations

from functools import partial

from . import belongs
from .calls import Calls
from .found import TAGGED, Tagged

PERMISSION = "tag:GetResources"
_KEYS = tuple(
    f"proton:{kind}" for kind in ("account", "template", "service", "service-instance", "environment")
)
_STACK_NAME = "aws:cloudformation:stack-name"


def read(calls: Calls, regions: tuple[str, ...]) -> tuple[Tagged, ...]:
    """What has these tags, by Region, service and ARN."""
    found: dict[str, Tagged] = {}
    for region in regions:
        calls.attempt(partial(_read, calls, region, found), TAGGED, region, PERMISSION)
    return tuple(sorted(found.values(), key=lambda each: (each.region, each.service, each.arn)))


def _read(calls: Calls, region: str, found: dict[str, Tagged]) -> None:
    client = calls.client("resourcegroupstaggingapi", region)
    for key in _KEYS:  # several filters in one call would ask for resources with all of these tags
        for page in client.get_paginator("get_resources").paginate(TagFilters=[{"Key": key}]):
            for each in page["ResourceTagMappingList"]:
                stack = next((tag["Value"] for tag in each["Tags"] if tag["Key"] == _STACK_NAME), None)
                if stack is None or not belongs.is_stack_name(stack):
                    arn = each["ResourceARN"]
                    found[arn] = Tagged(arn, region, arn.split(":")[2], stack)
