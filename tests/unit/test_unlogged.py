"""Jupyter's own loggers write down messages of the page; those with a secret are left out, and nothing else."""

from __future__ import annotations

import json
import logging

import pytest
from traitlets.log import get_logger

from batch_widgets.widgets.secret import SecretInput

TYPED = {"method": "custom", "content": {"type": "secret", "id": "a ticket", "value": "sentinel"}}
PASTED = {"method": "update", "state": {"value": "-----BEGIN OPENSSH PRIVATE KEY-----\nsentinel"}}
HARMLESS = {"method": "update", "state": {"value": "secret", "type": "sentinel"}}


@pytest.fixture(params=["Comm", "of the application"])
def logger(request, caplog):
    SecretInput().close()
    logger = logging.getLogger("Comm") if request.param == "Comm" else get_logger()
    caplog.set_level("DEBUG", logger.name)
    return logger


@pytest.mark.parametrize("data", [TYPED, PASTED], ids=["typed", "pasted"])
def test_a_message_with_a_secret_is_left_out(logger, caplog, data):
    message = {"content": {"comm_id": "1", "data": data}, "buffers": []}
    logger.debug("handle_msg[%s](%s)", "1", message)
    logger.debug("   Content: %s", message["content"])  # logging takes a single mapping for named arguments
    logger.debug("%s", [json.dumps(message).encode()])
    logger.debug("%s", json.dumps({"frame": json.dumps(message, separators=(",", ":"))}))
    logger.debug(message)
    assert [record.getMessage() for record in caplog.records] == [
        "A message that brought a secret is left out here."
    ] * 5


def test_all_else_is_logged_as_it_is(logger, caplog):
    message = {"content": {"comm_id": "1", "data": HARMLESS}, "buffers": []}
    logger.debug("%(content)s", message)
    logger.debug(message)
    logger.warning("%s of %d", "secret", 2)
    texts = [record.getMessage() for record in caplog.records]
    assert texts == [str(message["content"]), str(message), "secret of 2"]
    assert caplog.records[1].msg is message


def test_a_record_that_does_not_fit_its_form_is_reported_by_logging_itself(logger, capsys, monkeypatch):
    handler = logging.StreamHandler()
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    logger.debug("%d", "a word")
    assert "--- Logging error ---" in capsys.readouterr().err


def test_a_logger_gets_the_filter_once():
    SecretInput().close()
    before = len(logging.getLogger("Comm").filters)
    SecretInput().close()
    assert len(logging.getLogger("Comm").filters) == before == 1
