"""An error as AWS answers it: a code, a message, an HTTP status, and the bytes for each of AWS's protocols."""

import json
from xml.sax.saxutils import escape

# Documented for Proton: 500 for InternalServerException, 400 for its other codes. The rest carry the statuses of
# AWS's list of common errors. 501 is ours, for what moto can not do: SDKs do not retry it.
_STATUS = {
    "InternalServerException": 500,
    "InternalFailure": 500,
    "NotImplemented": 501,
    "RequestEntityTooLargeException": 413,
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
    """What a caller gets instead of an answer: ``code`` is AWS's (``ValidationException``), ``message`` a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return _STATUS.get(self.code, 400)

    def render(self, protocol: str, request_id: str) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body for a protocol: ``json``, or one of AWS's XML ones (``query``, ``ec2``, ``rest-xml``)."""
        if (template := _XML.get(protocol)) is None:
            body = json.dumps({"__type": self.code, "message": self.message})
            headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-errortype", self.code)]
        else:
            body = '<?xml version="1.0" encoding="UTF-8"?>\n' + template.format(
                code=escape(self.code), message=escape(readable(self.message)), request_id=request_id
            )
            headers = [("Content-Type", "text/xml")]
        return headers, body.encode("utf-8", "replace")


def readable(text: str) -> str:
    """The text without what XML 1.0 can not hold, which would make an answer unreadable."""
    return "".join(c if c.isprintable() or c in "\r\n\t" else "?" for c in text)
