"""The only importer of azure.*: SDK objects to own values and back, SDK errors to own errors."""

from batch_widgets.sdk.code import create_pool_code
from batch_widgets.sdk.convert import pool_create_options, to_sdk
from batch_widgets.sdk.service import SdkService

__all__ = ["SdkService", "create_pool_code", "pool_create_options", "to_sdk"]
