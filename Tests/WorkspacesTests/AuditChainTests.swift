import Foundation
import Testing

@testable import Workspaces

@Suite("Looking along a chain")
struct AuditChainTests {
    private let chain = AuditChain.make(6)

    /// The entry with another subject, and the hash that it had.
    private func changed(_ entry: AccessLogEntry) -> AccessLogEntry {
        AccessLogEntry(
            sequence: entry.sequence, microseconds: entry.microseconds, workspace: entry.workspace, actorKind: entry.actorKind, actor: entry.actor,
            action: entry.action, subject: "token:other", details: entry.details, previousHash: entry.previousHash, hash: entry.hash)
    }

    /// The entry at another number.
    private func moved(_ entry: AccessLogEntry, to sequence: Int) -> AccessLogEntry {
        AccessLogEntry(
            sequence: sequence, microseconds: entry.microseconds, workspace: entry.workspace, actorKind: entry.actorKind, actor: entry.actor,
            action: entry.action, subject: entry.subject, details: entry.details, previousHash: entry.previousHash, hash: entry.hash)
    }

    @Test("a whole chain is clean, and an empty one is")
    func clean() {
        let result = AuditChain.look(chain, [AuditChain.checkpoint(of: chain[3]), AuditChain.checkpoint(of: chain[5])])
        #expect(result.isClean)
        #expect(result.entries == 6)
        #expect(result.checkpoints == 2)
        #expect(result.unsigned == 2)
        #expect(result.sealed == 0)
        #expect(result.head?.sequence == 6)
        #expect(result.head?.hash == chain[5].hash)
        let empty = AuditChain.look([])
        #expect(empty.isClean)
        #expect(empty.head == nil)
    }

    @Test("an entry that was changed is named, and none beside it", arguments: [0, 2, 5])
    func changedEntry(_ index: Int) {
        var entries = chain
        entries[index] = changed(entries[index])
        #expect(AuditChain.look(entries).words == ["changed \(index + 1)"])
    }

    @Test("entries that were exchanged are named with the numbers that they were written at")
    func swapped() {
        var entries = chain
        (entries[2], entries[4]) = (moved(chain[4], to: 3), moved(chain[2], to: 5))
        let result = AuditChain.look(entries)
        #expect(result.words == ["swapped 3", "swapped 5"])
        #expect(result.findings.map(\.origin) == [5, 3])
    }

    @Test("an entry of another chain, whole in itself, is found by the one behind it", arguments: [0, 2])
    func replaced(_ index: Int) {
        var entries = chain
        entries[index] = AuditChain.entry(index + 1, after: entries[index].previousHash, subject: "token:other")
        #expect(AuditChain.look(entries).words == ["replaced \(index + 1)"])
    }

    @Test("what follows nothing at the beginning is found too")
    func origin() {
        let entry = AuditChain.entry(1, after: [UInt8](repeating: 7, count: 32))
        #expect(AuditChain.look([entry]).words == ["replaced 1"])
    }

    @Test("numbers that are left out are named, at the beginning, inside, and across a checkpoint")
    func missing() {
        #expect(AuditChain.look(Array(chain[2...])).words == ["missing 1-2"])
        #expect(AuditChain.look([chain[0], chain[1], chain[3]]).words == ["missing 3"])
        let result = AuditChain.look([chain[0], chain[4], chain[5]], [AuditChain.checkpoint(of: chain[2])])
        #expect(result.words == ["missing 2-4"])
    }

    @Test("an end that was cut off is seen by a checkpoint, and by nothing else")
    func cut() {
        let rest = Array(chain[..<4])
        #expect(AuditChain.look(rest).isClean)
        #expect(AuditChain.look(rest, [AuditChain.checkpoint(of: chain[4]), AuditChain.checkpoint(of: chain[5])]).words == ["cut 5-6"])
        #expect(AuditChain.look(rest, published: AuditChain.checkpoint(of: chain[5])).words == ["cut 5-6"])
        #expect(AuditChain.look([], [AuditChain.checkpoint(of: chain[0])]).words == ["cut 1"])
    }

    @Test("a chain that was written anew as a whole is seen by a checkpoint, and by nothing else")
    func rewritten() {
        let other = AuditChain.make(6, subject: "token:other")
        #expect(AuditChain.look(other).isClean)
        #expect(AuditChain.look(other, [AuditChain.checkpoint(of: chain[3])]).words == ["rewritten 4"])
        #expect(AuditChain.look(other, published: AuditChain.checkpoint(of: chain[5])).words == ["rewritten 6"])
    }

    @Test("signatures: good, of another key, of other fields, missing behind a good one")
    func signatures() throws {
        let (old, new) = (try AccessLogKeys.test("a"), try AccessLogKeys.test("b", "a"))
        let good = AuditChain.look(chain, [AuditChain.checkpoint(of: chain[1], old), AuditChain.checkpoint(of: chain[4], new)], new)
        #expect(good.isClean)
        #expect(good.signed == 2)
        #expect(good.sealed == 5)

        #expect(AuditChain.look(chain, [AuditChain.checkpoint(of: chain[1], new)], old).words == ["unknown key 2"])
        #expect(AuditChain.look(chain, [AuditChain.checkpoint(of: chain[1], old)]).words == ["unknown key 2"])

        let signed = AuditChain.checkpoint(of: chain[1], old)
        let forged = AccessLogCheckpoint(
            sequence: 3, hash: chain[2].hash, microseconds: signed.microseconds, keyID: signed.keyID, signature: signed.signature)
        #expect(AuditChain.look(chain, [forged], old).words == ["bad signature 3"])

        let unsigned = AuditChain.checkpoint(of: chain[3])
        #expect(AuditChain.look(chain, [unsigned, AuditChain.checkpoint(of: chain[4], old)], old).isClean)
        #expect(AuditChain.look(chain, [signed, unsigned], old).words == ["unsigned 4"])
        // What is kept outside is trusted for where it is kept.
        #expect(AuditChain.look(chain, [signed], published: unsigned, old).isClean)
    }

    @Test("whoever writes the whole log anew does not fill the memory of whoever looks")
    func bound() {
        let entries = AuditChain.make(300).map(changed)
        let result = AuditChain.look(entries)
        #expect(result.found == 300)
        #expect(result.findings.count == AccessLogResult.listed)
        #expect(!result.isClean)
    }

    @Test("any number that somebody wrote into the table is a finding and no crash")
    func numbers() {
        let entry = AuditChain.entry(.max, after: chain[0].hash)
        #expect(AuditChain.look([chain[0], entry]).words == ["missing 2-\(Int.max - 1)"])
        #expect(AuditChain.look([chain[0], changed(entry)]).words == ["missing 2-\(Int.max - 1)", "changed \(Int.max)"])
    }
}
