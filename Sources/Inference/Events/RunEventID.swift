/// The id of an event in a run's log: the epoch of the attempt that wrote it, and its number within that epoch from 1.
///
/// It is the explicit id of the entry in the run's Redis stream, `<epoch>-<number>`, and the `id:` of the event on the wire. So one
/// value orders all events of a run, shows which attempt wrote each, lets a reader see a gap (numbers are dense), and makes Redis
/// itself refuse an event that is appended twice: an entry's id must be greater than the last one.
package struct RunEventID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let epoch: UInt64
    package let number: UInt64

    package init(epoch: UInt64, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads `<epoch>-<number>`: decimal digits only, both at least 1. Nil for anything else, so a cursor of another format is refused.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = Self.decimal(parts[0]), let number = Self.decimal(parts[1]) else { return nil }
        self.init(epoch: epoch, number: number)
    }

    package var description: String { "\(epoch)-\(number)" }

    package static func < (left: Self, right: Self) -> Bool {
        left.epoch == right.epoch ? left.number < right.number : left.epoch < right.epoch
    }

    /// The next id of the same attempt.
    package var next: RunEventID { RunEventID(epoch: epoch, number: number + 1) }

    /// True when nothing can lie between `previous` and this id. Across a change of epoch that cannot be told, so it is false.
    package func follows(_ previous: RunEventID?) -> Bool {
        guard let previous else { return number == 1 }
        return epoch == previous.epoch && number == previous.number &+ 1
    }

    private static func decimal(_ text: some StringProtocol) -> UInt64? {
        guard !text.isEmpty, text.count <= 19, text.first != "0", text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt64(text)
    }
}

/// An event as the log holds it: its id and the bytes that every reader gets, live or replayed. Two of the same id and bytes are equal,
/// however they came here.
package struct RunLogEntry: Sendable, Equatable {
    package var id: RunEventID
    /// ``RunEvent/payload`` of the event.
    package var payload: [UInt8]
    /// When a worker had it in its hands, of an event that was announced. The log does not keep it, and no client gets it.
    var receivedAt: ReceiptTime?

    package init(id: RunEventID, payload: [UInt8]) {
        self.id = id
        self.payload = payload
    }

    /// It is the run's last.
    var isTerminal: Bool { RunEvent.type(ofPayload: payload).map(RunEvent.isTerminal) ?? false }

    package static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.payload == right.payload }
}
