"""The service's errors: a status, a code, and what was wrong with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[int, str]] = {
    "AuthenticationFailed": (
        403,
        "Server failed to authenticate the request. Make sure the Authorization header has the right signature.",
    ),
    "InvalidAuthenticationInfo": (400, "The authentication information is not in the correct format."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "RequestUrlFailedToParse": (400, "The URL in the request could not be parsed."),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidHttpVerb": (400, "The HTTP verb specified was not recognized by the server."),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidRequestBody": (400, "The specified request body is not syntactically valid."),
    "InvalidPropertyValue": (400, "The value provided for one of the properties in the request body is invalid."),
    "MissingRequiredProperty": (400, "A required property was not specified in the request body."),
    "UnsupportedProperty": (400, "One of the properties specified in the request body is not supported."),
    "MissingRequiredQueryParameter": (400, "A required query parameter was not specified for this request."),
    "UnsupportedQueryParameter": (400, "One of the query parameters in the request URI is not supported."),
    "InvalidQueryParameterValue": (400, "Value for one of the query parameters in the request URI is invalid."),
    "OutOfRangeQueryParameterValue": (
        400,
        "A query parameter specified in the request URI is outside the permissible range.",
    ),
    "UnsupportedRequestVersion": (400, "The specified version in the request URI is not supported."),
    "EmptyMetadataKey": (400, "The key for one of the metadata key-value pairs is empty."),
    "InvalidAutoScalingSettings": (400, "The settings for automatic scaling of the pool are invalid."),
    "AutoScalingFormulaSyntaxError": (400, "The specified autoscale formula has a syntax error."),
    "AutoScalingFormulaTooLong": (400, "The specified autoscale formula is longer than permitted."),
    "InvalidAuthenticationToken": (401, "The access token is missing, or it is not one of this service."),
    "MissingApiVersionParameter": (400, "The api-version query parameter (?api-version=) is required."),
    "InvalidApiVersionParameter": (400, "The api-version is not one that this service speaks."),
    "SubscriptionNotFound": (404, "The subscription could not be found."),
    "ResourceGroupNotFound": (404, "The resource group could not be found."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "PoolNotFound": (404, "The specified pool does not exist."),
    "NodeNotFound": (404, "The specified node does not exist."),
    "NodeUserNotFound": (404, "The specified node user does not exist."),
    "FileNotFound": (404, "The specified file does not exist."),
    "ApplicationNotFound": (404, "The specified application does not exist."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support the specified HTTP verb."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "PoolExists": (409, "The specified pool already exists."),
    "PoolBeingDeleted": (409, "The specified pool is being deleted."),
    "PoolBeingResized": (409, "The specified pool is being resized."),
    "PoolQuotaReached": (409, "The pool quota for the account has been reached."),
    "OperationInvalidForCurrentState": (
        409,
        "The specified operation is not valid for the current state of the resource.",
    ),
    "NodeUserExists": (409, "The specified node user already exists."),
    "NodeBeingCreated": (409, "The specified node is being created."),
    "NodeBeingStarted": (409, "The specified node is being started."),
    "NodeStateUnusable": (409, "The specified operation can't be performed on the node, which is not usable."),
    "OperationNotValidOnNode": (409, "The specified operation is not valid on the node."),
    "NodeBeingRebooted": (409, "The specified node is being rebooted."),
    "NodeBeingReimaged": (409, "The specified node is being reimaged."),
    "NodeAlreadyInTargetSchedulingState": (409, "The specified node is already in the target scheduling state."),
    "OperationNotValidOnPool": (409, "The specified operation is not valid on the pool."),
    "InvalidApplicationPackageReferences": (409, "One or more application package references could not be satisfied."),
    "RequestBodyTooLarge": (413, "The size of the request body exceeds the maximum size permitted."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the file."),
    "TooManyRequests": (429, "The account has made too many requests. Please retry after the time that is told."),
    "InternalError": (500, "The server encountered an internal error. Please retry the request."),
    "OperationTimedOut": (500, "Operation could not be completed within the specified time."),
    "NotImplemented": (501, "The simulated service does not implement the specified operation."),
    "ServerBusy": (503, "The server is currently unable to receive requests. Please retry your request."),
    "TooManyEnableAutoScaleRequests": (503, "Automatic scaling of the pool was enabled less than 30 seconds ago."),
}


class BatchError(Exception):
    """An error to be told to the client.

    Parameters
    ----------
    code
        One of the service's error codes, a key of ``MESSAGES``.
    details
        Key and value pairs of the answer's ``values``, in order.
    """

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.status, self.text = MESSAGES[code]
        self.details = {key: _shown(value) for key, value in details.items()}
        super().__init__(f"{code}: {self.text}")


def invalid_property(name: str, value: object, reason: str) -> BatchError:
    """Return the error for a property with a value that can't be accepted."""
    return BatchError("InvalidPropertyValue", PropertyName=name, PropertyValue=value, Reason=reason)


def missing_property(name: str, reason: str | None = None) -> BatchError:
    """Return the error for a property that must be there and isn't."""
    if reason is None:
        return BatchError("MissingRequiredProperty", PropertyName=name)
    return BatchError("MissingRequiredProperty", PropertyName=name, Reason=reason)


def not_implemented(what: str) -> BatchError:
    """Return the error for something the real service does and the simulated one does not."""
    return BatchError("NotImplemented", Reason=f"The simulated service does not implement {what}.")


def _shown(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:1024]
