"""The push that all guarded connectors share, against a target that does as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from centri.connectors.base import PushRequest
from centri.connectors.guarded import Answer, Stored, Write, push
from centri.errors import ConfigError, RetryLater
from centri.sync.delivery import Delivery, Receipt


class Target:
    """Finds what it is given; writes all, unless an error is due for the n-th call."""

    chunk = 2

    def __init__(self, found: Mapping[str, Stored] | None = None, errors: Mapping[int, Exception] | None = None) -> None:
        self.found, self.errors, self.finds = found or {}, errors or {}, 0
        self.written: list[Write] = []

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        self.finds += 1
        if self.finds in self.errors:
            raise self.errors[self.finds]
        return self.found

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        self.written += writes
        return [Stored(w.id or "new", "v2", None, {"a": "stored"}, created=w.id is None) for w in writes]


def _creates(count: int) -> list[Delivery]:
    return [Delivery(str(n), "Lead", None, {"a": "sent"}) for n in range(count)]


@pytest.mark.parametrize("error", [RetryLater("busy"), ConfigError("secret withdrawn")])
def test_an_error_half_way_keeps_the_receipts_and_leaves_the_rest(error: Exception) -> None:
    target = Target(errors={2: error})
    outcomes = push(target, "crm", PushRequest("Lead", _creates(6)))
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, *[RetryLater] * 4]
    assert target.finds == 2


def test_a_matter_of_configuration_is_raised_while_nothing_is_written() -> None:
    with pytest.raises(ConfigError):
        push(Target(errors={1: ConfigError("secret withdrawn")}), "crm", PushRequest("Lead", _creates(6)))


def test_nothing_more_is_tried_once_a_whole_chunk_failed() -> None:
    class Deaf(Target):
        def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
            self.written += writes
            return [RetryLater("no answer") for _ in writes]

    target = Deaf()
    outcomes = push(target, "crm", PushRequest("Lead", _creates(6)))
    assert [type(outcome) for outcome in outcomes] == [RetryLater] * 6
    assert len(target.written) == 2


@pytest.mark.parametrize(
    ("held", "ours", "sent"),
    [
        ({"a": "sent", "b": 1}, True, None),
        ({"a": "other", "b": 1}, True, {"a": "sent"}),
        ({"a": "other", "b": 1}, False, None),
    ],
)
def test_a_create_found_again_sends_only_what_differs_and_only_over_our_own(
    held: Mapping[str, object], ours: bool, sent: Mapping[str, object] | None
) -> None:
    target = Target({"0": Stored("x", "v1", None, held, ours=ours)})
    create = Delivery("0", "Lead", None, {"a": "sent", "b": 1})
    (receipt,) = push(target, "crm", PushRequest("Lead", [create]))
    assert [write.values for write in target.written] == ([sent] if sent else [])
    assert isinstance(receipt, Receipt)
    assert (receipt.ref.id, receipt.created, receipt.version) == ("x", False, "v2" if sent else "v1")


def test_a_receipt_claims_no_field_that_was_not_sent() -> None:
    target = Target({"0": Stored("x", "v1", None, {"a": "sent", "b": "theirs"})})
    (receipt,) = push(target, "crm", PushRequest("Lead", _creates(1)))
    assert isinstance(receipt, Receipt)
    assert receipt.values == {"a": "sent"}
