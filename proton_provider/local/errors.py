"""Builds AWS's error responses: code, message, HTTP status, and the body in each of AWS's protocols."""

import json
from xml.sax.saxutils import escape

# AWS documents for Proton: 500 for InternalServerException, 400 for its other codes. The others have the status of
# AWS's list of common errors. 501 is our choice for what moto does not support, because SDKs do not retry it.
_STATUS = {
    "AccessDenied": 403,
    "InternalServerException": 500,
    "InternalFailure": 500,
    "NotImplemented": 501,
    "ServiceFailure": 500,
    "ServiceUnavailable": 503,
}

_XML = {
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request_id}</RequestId></ErrorResponse>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{request_id}</RequestID></Response>",
    "rest-xml": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>",
}


class ServiceError(Exception):
    """An error response. ``code`` is AWS's, such as ``ValidationException``, and ``message`` is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of the response."""
        return _STATUS.get(self.code, 400)

    def render(self, protocol: str, request_id: str) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body in one of AWS's protocols: ``json``, ``query``, ``ec2`` or ``rest-xml``."""
        if (template := _XML.get(protocol)) is None:
            body = json.dumps({"__type": self.code, "message": self.message})
            headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-errortype", self.code)]
        else:
            body = '<?xml version="1.0" encoding="UTF-8"?>\n' + template.format(
                code=escape(self.code), message=escape(self.message), request_id=request_id
            )
            headers = [("Content-Type", "text/xml")]
        return headers, body.encode("utf-8", "replace")
