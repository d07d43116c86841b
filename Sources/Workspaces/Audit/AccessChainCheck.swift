/// Goes along the chain: entries in the order of their numbers, and each checkpoint behind the entry that it is of, before the next
/// one. A value that remembers one entry, however long the log is.
///
/// ```
///   entry n        its hash is not its fields'?       changed, or swapped where it is right for another number
///                  its number is not n-1's next?      missing
///                  it follows another hash than the  replaced (the one before it)
///                  one before it has?
///   checkpoint     of the entry just seen             rewritten where the hashes differ
///                  of one that has not come by the    cut
///                  end
/// ```
///
/// One fault is told once: where an entry's own hash is wrong, or numbers are left out, nothing is said of the link behind it.
struct AccessChainCheck {
    /// Numbers to either side of an entry where it may have stood, when its hash is wrong. Each look is a hash; what came from
    /// farther away is told as changed.
    static let reach = 100

    private struct Seen {
        var sequence: Int
        var hash: [UInt8]
        /// Whether the next entry has to follow this hash.
        var isFollowed: Bool
    }

    private let keys: AccessLogKeys
    private var last = Seen(sequence: 0, hash: AccessLogForm.origin, isFollowed: true)
    /// The last entry that a checkpoint is of and that has not come.
    private var absent: Int?
    private var hasSignedCheckpoint = false
    private var result = AccessLogResult()

    init(keys: AccessLogKeys) {
        self.keys = keys
    }

    mutating func entry(_ entry: AccessLogEntry) {
        result.entries += 1
        absent = nil
        // (No sum that can overflow: the number is whatever somebody wrote into the table.)
        let isNext = entry.sequence - 1 == last.sequence
        if !isNext { result.add(AccessLogFinding(.missing, last.sequence + 1, through: entry.sequence - 1)) }
        let isWhole = entry.isWhole
        if !isWhole {
            let origin = result.found < AccessLogResult.listed ? Self.origin(of: entry) : nil
            result.add(AccessLogFinding(origin == nil ? .changed : .swapped, entry.sequence, origin: origin))
        } else if isNext, last.isFollowed, entry.previousHash != last.hash {
            // Entry 1 follows nothing that could have been replaced: it is the one.
            result.add(AccessLogFinding(.replaced, max(last.sequence, 1)))
        }
        last = Seen(sequence: entry.sequence, hash: entry.hash, isFollowed: isWhole)
        result.head = (entry.sequence, entry.hash)
    }

    /// - Parameter isPublished: it was kept outside, where it may be unsigned while the log's own are signed.
    mutating func checkpoint(_ checkpoint: AccessLogCheckpoint, isPublished: Bool = false) {
        result.checkpoints += 1
        switch keys.judge(checkpoint) {
        case .good:
            result.signed += 1
            result.sealed = max(result.sealed, checkpoint.sequence)
            if !isPublished { hasSignedCheckpoint = true }
        case .unsigned:
            result.unsigned += 1
            // Else a signed one could be exchanged for one that says anything.
            if hasSignedCheckpoint, !isPublished { result.add(AccessLogFinding(.unsigned, checkpoint.sequence)) }
        case .wrong: result.add(AccessLogFinding(.badSignature, checkpoint.sequence))
        case .unknownKey: result.add(AccessLogFinding(.unknownKey, checkpoint.sequence))
        }
        if checkpoint.sequence > last.sequence {
            absent = checkpoint.sequence
        } else if checkpoint.sequence == last.sequence, checkpoint.hash != last.hash {
            result.add(AccessLogFinding(.rewritten, checkpoint.sequence))
        }
    }

    /// After the last entry and the last checkpoint.
    func finished() -> AccessLogResult {
        var result = result
        if let absent { result.add(AccessLogFinding(.cut, last.sequence + 1, through: absent)) }
        return result
    }

    /// The number that an entry's hash is right for; nil when there is none near.
    private static func origin(of entry: AccessLogEntry) -> Int? {
        for distance in 1...reach {
            for (number, overflow) in [
                entry.sequence.subtractingReportingOverflow(distance), entry.sequence.addingReportingOverflow(distance),
            ] where !overflow && number > 0 {
                if AccessLogForm.hash(of: entry, at: number) == entry.hash { return number }
            }
        }
        return nil
    }
}
