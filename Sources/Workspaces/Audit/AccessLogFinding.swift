/// One thing about the access log that should not be.
package struct AccessLogFinding: Sendable, Hashable {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The entry's hash is not that of its fields.
        case changed
        /// The entry is one that was written at another number.
        case swapped
        /// The next entry holds the hash of another one.
        case replaced
        /// Numbers are left out.
        case missing
        /// A checkpoint names an entry beyond the last: the end of the log is gone.
        case cut
        /// A checkpoint holds another hash of the entry: it was written anew, and all behind it.
        case rewritten
        /// A checkpoint's signature is not that of its fields.
        case badSignature = "bad signature"
        /// A checkpoint was signed with a key that is not here.
        case unknownKey = "unknown key"
        /// A checkpoint without a signature behind one that has one.
        case unsigned
    }

    package let reason: Reason
    /// The first entry that is concerned, or that a checkpoint is of.
    package let first: Int
    /// The last one; the same for a single entry.
    package let last: Int
    /// Where a swapped entry was written.
    package let origin: Int?

    init(_ reason: Reason, _ first: Int, through last: Int? = nil, origin: Int? = nil) {
        self.reason = reason
        self.first = first
        self.last = last ?? first
        self.origin = origin
    }

    /// For people, as a sentence.
    package var sentence: String {
        switch reason {
        case .changed: "Entry \(first) was changed after it was written."
        case .swapped: "Entry \(first) was written as number \(origin ?? 0)."
        case .replaced: "Entry \(first) is another one than the entry behind it follows."
        case .missing: first == last ? "Entry \(first) is missing." : "Entries \(first) to \(last) are missing."
        case .cut: "The log ended with entry \(last) once, and everything from \(first) on is gone."
        case .rewritten: "Entry \(first) had another hash when its checkpoint was made: the log was written anew."
        case .badSignature: "The checkpoint of entry \(first) was not signed with the key that it names."
        case .unknownKey: "The checkpoint of entry \(first) was signed with a key that is not in MAINSTAY_AUDIT_KEY."
        case .unsigned: "The checkpoint of entry \(first) is not signed, and one before it is."
        }
    }
}

/// What a look through the whole access log came to.
package struct AccessLogResult: Sendable, Hashable {
    /// Entries that were looked at.
    package internal(set) var entries = 0
    /// Checkpoints that were looked at, with the published head where one was given.
    package internal(set) var checkpoints = 0
    /// Checkpoints whose signature is good.
    package internal(set) var signed = 0
    /// Checkpoints without one, which prove nothing against whoever may write to the database.
    package internal(set) var unsigned = 0
    /// The last entry that a checkpoint with a good signature holds; 0 for none. What is behind it is held by the chain alone.
    package internal(set) var sealed = 0
    /// The last entry; nil in an empty log.
    package internal(set) var head: (sequence: Int, hash: [UInt8])? {
        get { headSequence.map { ($0, headHash) } }
        set {
            headSequence = newValue?.sequence
            headHash = newValue?.hash ?? []
        }
    }
    private var headSequence: Int?
    private var headHash: [UInt8] = []
    /// All that was found.
    package internal(set) var found = 0
    /// The first of it.
    package internal(set) var findings: [AccessLogFinding] = []

    /// Findings that are kept: whoever writes the log anew is not to fill the memory of whoever looks.
    static let listed = 100

    package var isClean: Bool { found == 0 }

    mutating func add(_ finding: AccessLogFinding) {
        found += 1
        if findings.count < Self.listed { findings.append(finding) }
    }
}
