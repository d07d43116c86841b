import Foundation
import Jobs
import Testing

@testable import Workspaces

@Suite("The bytes that an entry's hash is made of")
struct AuditFormTests {
    private let first = AccessLogEntry(
        sequence: 1, microseconds: 1_795_670_914_662_702, workspace: UUID(uuidString: "019a0000-0000-7000-8000-000000000001"), actorKind: "token",
        actor: "019a0000-0000-7000-8000-000000000002", action: "token.made", subject: "token:x",
        details: ["name": "héllo", "b": "2", "a_": "", "a": "1"], previousHash: AccessLogForm.origin, hash: [])

    @Test("two entries that were hashed elsewhere, from the description alone, have the same hashes here")
    func vectors() {
        let hash = AccessLogForm.hash(of: first, at: 1)
        #expect(hash.map { $0.hexadecimal } == "e9f827a304b66a0f0fdd5d043f55270aaf86a280942f0c8a8c8df3f2014c7f35")
        let second = AccessLogEntry(
            sequence: 2, microseconds: 1_795_670_914_665_131, workspace: nil, actorKind: "system", actor: "watch", action: "access.suspicious",
            subject: "source:1", details: [:], previousHash: hash ?? [], hash: [])
        #expect(
            AccessLogForm.hash(of: second, at: 2).map { $0.hexadecimal } == "374436a2f0d2ad9387e7ee599c9932c22024daa97b0c53acd0ba562b7d843d7b")
    }

    @Test("each field changes the hash, and moving a letter from one to the next does too")
    func fields() {
        func variant(
            microseconds: Int64 = 1, workspace: UUID? = nil, actorKind: String = "system", actor: String = "ab", action: String = "cd",
            subject: String = "ef", details: [String: String] = ["g": "h"], previousHash: [UInt8] = AccessLogForm.origin
        ) -> AccessLogEntry {
            AccessLogEntry(
                sequence: 1, microseconds: microseconds, workspace: workspace, actorKind: actorKind, actor: actor, action: action, subject: subject,
                details: details, previousHash: previousHash, hash: [])
        }
        let variants = [
            variant(), variant(microseconds: 2), variant(workspace: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
            variant(actorKind: "token"), variant(actor: "abc", action: "d"), variant(actor: "a", action: "bcd"), variant(subject: ""),
            variant(details: [:]), variant(details: ["g": ""]), variant(details: ["gh": ""]), variant(details: ["g": "h", "i": ""]),
            variant(previousHash: [UInt8](repeating: 1, count: 32)),
        ]
        var hashes = Set(variants.map { AccessLogForm.hash(of: $0, at: 1) })
        #expect(hashes.count == variants.count)
        hashes.insert(AccessLogForm.hash(of: variant(), at: 2))
        #expect(hashes.count == variants.count + 1)
    }

    @Test("details that are not texts have no hash, so no hash of theirs is right")
    func otherDetails() {
        let entry = AuditChain.entry(1, after: AccessLogForm.origin, details: nil)
        #expect(AccessLogForm.hash(of: entry, at: 1) == nil)
        #expect(!entry.isWhole)
    }

    @Test("texts of others come in without control characters, no longer than the log takes, and never empty")
    func texts() {
        #expect(AccessText.bounded("a\u{0}b\u{1B}[2J\n\u{202E}c\u{9B}") == "ab[2Jc")
        #expect(AccessText.bounded(String(repeating: "é", count: 1000)).unicodeScalars.count == 400)
        #expect(AccessText.bounded("\n") == "-")
        #expect("\(AccessSubject.queue("tickets"))" == "queue:tickets")
        #expect(AccessActor.operator("\u{7}").name == "-")
    }
}
