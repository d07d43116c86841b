/// An entry's number and hash at a moment: what an observer keeps to see later that the log still leads there. The log's own
/// checkpoints are such, and so is the head that is published outside of the database.
package struct AccessLogCheckpoint: Sendable, Hashable {
    package let sequence: Int
    package let hash: [UInt8]
    /// When it was made, in microseconds since 1970.
    package let microseconds: Int64
    /// Which key signed it; nil, with the signature, when none did.
    package let keyID: String?
    package let signature: [UInt8]?

    package init(sequence: Int, hash: [UInt8], microseconds: Int64, keyID: String? = nil, signature: [UInt8]? = nil) {
        self.sequence = sequence
        self.hash = hash
        self.microseconds = microseconds
        self.keyID = keyID
        self.signature = signature
    }

    /// What a signature is made of, in frames as in ``AccessLogForm``.
    ///
    /// | | field | |
    /// |---|---|---|
    /// | 1 | form | the text `mainstay access log checkpoint 1` |
    /// | 2 | sequence | a number |
    /// | 3 | hash | 32 bytes |
    /// | 4 | at | a number: microseconds since 1970-01-01T00:00:00Z |
    /// | 5 | key's id | a text |
    func signedBytes(keyID: String) -> [UInt8] {
        var form = FramedBytes()
        form.append("mainstay access log checkpoint 1")
        form.append(Int64(sequence))
        form.append(hash)
        form.append(microseconds)
        form.append(keyID)
        return form.bytes
    }
}

/// When the log gets a checkpoint: after so many entries, or when the last one is so old and something has come since.
///
/// | since the last checkpoint | due |
/// |---|---|
/// | nothing | no |
/// | 999 entries in 9 minutes | no |
/// | 1,000 entries | yes |
/// | 1 entry, 10 minutes | yes |
/// | there is none yet, 1 entry | yes |
///
/// What came after the last checkpoint is held by the chain alone: that it was cut off is not seen. Ten minutes bound that for a
/// quiet installation, a thousand entries for a busy one.
package struct CheckpointRule: Sendable, Equatable {
    package var entries = 1000
    package var age = Duration.seconds(600)

    package init() {}

    /// - Parameter now: microseconds since 1970, by the clock that the last one's are of.
    func isDue(head: Int, last: (sequence: Int, microseconds: Int64)?, now: Int64) -> Bool {
        guard let last else { return head > 0 }
        guard head > last.sequence else { return false }
        return head - last.sequence >= entries || Duration.microseconds(now - last.microseconds) >= age
    }
}
