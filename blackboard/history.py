"""A round's records on their way into the digest and the log."""

from .digest import Digest
from .log import EventLog
from .records import OPERATIONAL, Ended, Record, encode


class History:
    """Keeps what was written in the round, encodes each record once, and chains the digest.

    A round is one segment of the log. A stage that took something in from outside is written as
    soon as it closes, so that what was received is recorded soon. Where rounds are gathered, both
    wait until `flush` is called.

    Args:
        log: Where the run's history goes.
        is_gathering: Whether what is to be written waits for `flush`, which makes one segment of
            all of it.
    """

    def __init__(self, log: EventLog | None, *, is_gathering: bool = False) -> None:
        self.log, self._is_gathering = log, is_gathering
        self.gathered: list[bytes] = []
        """The encoded records that the log does not have yet."""
        self.digest = Digest()
        self.written: list[Record] = []
        """The round so far."""
        self._encoded: dict[int, tuple[Record, bytes]] = {}
        self._bodies: list[bytes] = []
        """The encoded records of the round, as far as they have been asked for."""
        self._logged = self._closed = 0

    def add(self, record: Record) -> None:
        """Take in a record."""
        self.written.append(record)

    def encode(self, record: Record) -> bytes:
        """Encode a record once, though it goes to the board, the digest and the log."""
        known = self._encoded.get(id(record))
        if known is None:
            # The record is kept beside its bytes, so that its id is not given to another.
            known = self._encoded[id(record)] = (record, encode(record))
        return known[1]

    def bodies(self) -> list[bytes]:
        """Return the encoded records of the round so far."""
        fresh = self.written[len(self._bodies) :]
        self._bodies += map(encode if self._is_gathering else self.encode, fresh)
        return self._bodies

    def replace(self, place: int, record: Record) -> None:
        """Put another record in the place of one that has not been written."""
        self.written[place] = record
        del self._bodies[place:]

    def close_stage(self, *, is_kept: bool) -> None:
        """Know that a stage is whole, and write it at once if it has to be kept."""
        self._closed = len(self.written)
        if is_kept:
            self._write(self._closed)

    def end_round(self, at: tuple[int, int], *, is_logged: bool = False) -> str:
        """Chain the round into the digest, write what is not in the log yet, and begin anew.

        Args:
            at: The round and its last stage.
            is_logged: Whether the log holds the whole round already.
        """
        for record, body in zip(self.written, self.bodies(), strict=True):
            if record.event_class != OPERATIONAL:
                self.digest.add_body(body)
        self.digest.close_round()
        if not is_logged:
            self.add(Ended(OPERATIONAL, *at, self.digest.value))
            self._write(len(self.written))
        self.forget()
        return self.digest.hex

    def forget(self) -> None:
        """Begin anew without chaining or writing anything."""
        self.written, self._encoded, self._bodies = [], {}, []
        self._logged = self._closed = 0

    def put_aside(self, record: Record) -> None:
        """Write a record that is part of no stage at once, behind those that have closed."""
        self._write(self._closed)
        self.gathered.append(encode(record))
        self.flush()

    def break_off(self) -> None:
        """Write the stages that have closed since the last round ended."""
        self._write(self._closed)
        self.flush()

    def flush(self) -> None:
        """Write what was gathered as one segment."""
        if self.log and self.gathered:
            self.log.append(self.gathered)
        self.gathered = []

    def stages_are_logged(self) -> None:
        """Know that the log holds every stage of this round that has closed so far."""
        self._logged = self._closed

    def _write(self, end: int) -> None:
        if self.log and end > self._logged:
            self.gathered += self.bodies()[self._logged : end]
            if not self._is_gathering:
                self.flush()
        self._logged = max(self._logged, end)
