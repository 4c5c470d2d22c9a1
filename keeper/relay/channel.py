"""The one law of a channel: sequences rise by one within an epoch, and epochs only rise."""

from keeper.relay.messages import BlockBoundary, Message, PoolReading, PoolSnapshot

_WHOLE = PoolSnapshot | PoolReading
_OPENING = _WHOLE | BlockBoundary
"""What a stream may begin with: state as a whole, or the boundary of a market without pools."""


class SequenceError(Exception):
    """A frame is missing, out of place or of an older epoch; all state is doubtful."""


class Channel:
    """Follows one stream and tells which of its messages are new.

    A joiner's stream begins with snapshots and a boundary that share one sequence; a producer's
    begins with sequence 0. Both go on by steps of one.
    """

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.sequence = -1
        self.repeated = 0
        self.joining = True
        """Whether messages that share one sequence, a joiner's snapshots, may still come."""

    def rejoin(self) -> None:
        """Expect the beginning of a stream again."""
        self.epoch, self.sequence, self.joining = None, -1, True

    def begins_epoch(self, message: Message) -> bool:
        """Whether `message` opens a newer epoch, before which all state is to be forgotten."""
        origin = message.origin
        return (
            self.epoch is not None
            and origin.epoch > self.epoch
            and origin.sequence == 0
            and isinstance(message, _OPENING)
        )

    def accept(self, message: Message) -> bool:
        """Whether `message` is new; raises `SequenceError` on a gap or an older epoch."""
        origin = message.origin
        if self.epoch is None or self.begins_epoch(message):
            return self._begin(message)
        if origin.epoch != self.epoch:
            raise SequenceError(f"epoch {origin.epoch} came within {self.epoch}; rejoin")
        step = origin.sequence - self.sequence
        if step == 1 or (step == 0 and self.joining):
            self.joining = self.joining and step == 0 and isinstance(message, _WHOLE)
            self.sequence = origin.sequence
            return True
        if step > 1:
            raise SequenceError(f"sequence {origin.sequence} came after {self.sequence}; rejoin")
        self.repeated += 1
        return False

    def _begin(self, message: Message) -> bool:
        if not isinstance(message, _OPENING):
            raise SequenceError("the stream does not begin with a snapshot; rejoin")
        self.joining = self.epoch is None and isinstance(message, _WHOLE)
        self.epoch, self.sequence = message.origin.epoch, message.origin.sequence
        return True
