import Foundation
import Jobs
import Testing

@testable import Workspaces

@Suite("Keys, checkpoints and published heads")
struct AuditKeysTests {
    private let secret = "0123456789abcdef0123456789abcdef"
    private let checkpoint = AccessLogCheckpoint(sequence: 7, hash: (0..<32).map { UInt8($0) }, microseconds: 1_700_000_000_123_456)

    @Test("a signature that was made elsewhere, from the description alone, is the one that is made here")
    func vector() throws {
        let keys = try AccessLogKeys("2026-01:\(secret)")
        let signed = keys.signed(checkpoint)
        #expect(signed.keyID == "2026-01")
        #expect(signed.signature.map { $0.hexadecimal } == "868fe25a332adf733e1028ffc8d679549495be32ab6eb87924efdee84c968ef2")
        #expect(keys.judge(signed) == .good)
        #expect(keys.judge(checkpoint) == .unsigned)
    }

    @Test("each field of a checkpoint is under its signature")
    func fields() throws {
        let keys = try AccessLogKeys("a:\(secret),b:\(secret)")
        let signed = keys.signed(checkpoint)
        let variants = [
            AccessLogCheckpoint(sequence: 8, hash: signed.hash, microseconds: signed.microseconds, keyID: "a", signature: signed.signature),
            AccessLogCheckpoint(
                sequence: 7, hash: signed.hash.reversed(), microseconds: signed.microseconds, keyID: "a", signature: signed.signature),
            AccessLogCheckpoint(sequence: 7, hash: signed.hash, microseconds: 1, keyID: "a", signature: signed.signature),
            // The same secret under another name.
            AccessLogCheckpoint(sequence: 7, hash: signed.hash, microseconds: signed.microseconds, keyID: "b", signature: signed.signature),
            AccessLogCheckpoint(sequence: 7, hash: signed.hash, microseconds: signed.microseconds, keyID: "a", signature: []),
        ]
        for variant in variants { #expect(keys.judge(variant) == .wrong) }
        #expect(try AccessLogKeys("c:\(secret)").judge(signed) == .unknownKey)
    }

    @Test(
        "what is no list of keys is refused, and no secret is told",
        arguments: [
            "", "secretsecretsecretsecretsecretsecret", "a:short", ":0123456789abcdef0123456789abcdef", "A:0123456789abcdef0123456789abcdef",
            "-a:0123456789abcdef0123456789abcdef", "a:0123456789abcdef0123456789abcdef,", "a b:0123456789abcdef0123456789abcdef",
            "a:0123456789abcdef0123456789abcdef,a:0123456789abcdef0123456789abcdef",
        ])
    func refused(_ text: String) {
        let fault = #expect(throws: AccessLogKeys.Fault.self) { try AccessLogKeys(text) }
        #expect(fault?.description.contains("0123456789") == false)
        #expect(fault?.description.contains("secretsecret") == false)
    }

    @Test("a checkpoint is due after a thousand entries, or ten minutes and one entry")
    func due() {
        func isDue(head: Int, last: Int, seconds: Int64) -> Bool {
            let now: Int64 = 1_700_000_000_000_000
            return CheckpointRule().isDue(head: head, last: (last, now - seconds * 1_000_000), now: now)
        }
        #expect(!CheckpointRule().isDue(head: 0, last: nil, now: 0))
        #expect(CheckpointRule().isDue(head: 1, last: nil, now: 0))
        #expect(!isDue(head: 5, last: 5, seconds: 6000))
        #expect(!isDue(head: 1004, last: 5, seconds: 540))
        #expect(isDue(head: 1005, last: 5, seconds: 0))
        #expect(!isDue(head: 6, last: 5, seconds: 599))
        #expect(isDue(head: 6, last: 5, seconds: 600))
    }

    @Test("a head is read back from its file as it was published, signed or not")
    func published() throws {
        for head in [checkpoint, try AccessLogKeys("2026-01:\(secret)").signed(checkpoint)] {
            let data = try PublishedHead.data(of: head)
            #expect(data.last == UInt8(ascii: "\n"))
            #expect(try PublishedHead.checkpoint(in: data) == head)
        }
        let text = String(decoding: try PublishedHead.data(of: checkpoint), as: UTF8.self)
        #expect(text.contains(#""at":"2023-11-14T22:13:20.123Z""#))
    }

    @Test(
        "a file that is none is refused",
        arguments: [
            "", "{}", "[]", #"{"version":2,"sequence":1,"hash":"\#(zeros)","microseconds":1}"#,
            #"{"version":1,"sequence":0,"hash":"\#(zeros)","microseconds":1}"#, #"{"version":1,"sequence":1,"hash":"00","microseconds":1}"#,
            #"{"version":1,"sequence":1,"hash":"\#(zeros)","microseconds":1,"key_id":"a"}"#,
            #"{"version":1,"sequence":1,"hash":"\#(String(zeros.dropLast()))g","microseconds":1}"#,
        ])
    func foreign(_ text: String) {
        #expect(throws: PublishedHead.Fault.self) { try PublishedHead.checkpoint(in: Data(text.utf8)) }
    }
}

private let zeros = String(repeating: "0", count: 64)
