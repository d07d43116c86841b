import Foundation
import Testing

@testable import Directory

@Suite("Who reports, as far as an address can tell")
struct ClientNetworkTests {
    @Test(
        "an address is a network: all of the older form, the half of the newer one",
        arguments: [
            ("192.0.2.7", [192, 0, 2, 7]), ("192.0.2.7:4711", [192, 0, 2, 7]), ("::ffff:192.0.2.7", [192, 0, 2, 7]),
            ("2001:db8:1:2::7", [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2]), ("[2001:db8:1:2:ffff::1]:4711", [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2]),
            ("fe80::1%eth0", [0xfe, 0x80, 0, 0, 0, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func networks(text: String, bytes: [UInt8]) {
        #expect(ClientNetwork(text)?.bytes == bytes)
    }

    @Test("what is no address is none", arguments: ["", "unknown", "192.0.2", "192.0.2.256", "2001:db8", "_hidden", "127.0.0.1, 127.0.0.2"])
    func nothing(text: String) {
        #expect(ClientNetwork(text) == nil)
    }

    @Test("the client stands as far from the right as there are proxies; what is further left anybody may have written")
    func proxies() {
        let (peer, forged) = ("198.51.100.9", "10.0.0.1, 203.0.113.5, 198.51.100.1")
        #expect(ClientNetwork.of(forwarded: [forged], peer: peer, proxies: 0) == ClientNetwork(peer), "nobody is believed unless told so")
        #expect(ClientNetwork.of(forwarded: [forged], peer: peer, proxies: 1) == ClientNetwork("198.51.100.1"))
        #expect(ClientNetwork.of(forwarded: [forged], peer: peer, proxies: 2) == ClientNetwork("203.0.113.5"))
        #expect(ClientNetwork.of(forwarded: ["10.0.0.1, 203.0.113.5", "198.51.100.1"], peer: peer, proxies: 2) == ClientNetwork("203.0.113.5"))
        #expect(ClientNetwork.of(forwarded: ["10.0.0.1"], peer: peer, proxies: 2) == ClientNetwork(peer), "it did not come through both")
        #expect(ClientNetwork.of(forwarded: [], peer: nil, proxies: 0) == nil)
    }
}

@Suite("Keys of reports")
struct ReportKeysTests {
    private static func keys(_ receipts: UInt8 = 1, _ addresses: UInt8 = 2) -> ReportKeys {
        ReportKeys(receipts: Array(repeating: receipts, count: 32), addresses: Array(repeating: addresses, count: 32))
    }

    @Test("an address is recognised under one key, and under the next day's it is somebody else")
    func marks() throws {
        let network = try #require(ClientNetwork("192.0.2.7"))
        let mark = Self.keys().mark(of: .network(network))
        #expect(mark.count == 32)
        #expect(Self.keys().mark(of: .network(ClientNetwork("192.0.2.7:99"))) == mark)
        #expect(Self.keys().mark(of: .network(ClientNetwork("192.0.2.8"))) != mark)
        #expect(Self.keys(1, 3).mark(of: .network(network)) != mark)
        #expect(Self.keys(9, 2).mark(of: .network(network)) == mark)
    }

    @Test("a workspace is recognised on every day")
    func workspaces() {
        let workspace = UUID()
        let mark = Self.keys().mark(of: .workspace(workspace))
        #expect(mark.count == 16 && mark == Self.keys(5, 6).mark(of: .workspace(workspace)))
        #expect(Reporter.workspace(workspace).isIdentified && !Reporter.network(nil).isIdentified)
    }

    @Test("a receipt is of its own report, and can be made again")
    func receipts() {
        let (report, other) = (UUID(), UUID())
        let receipt = Self.keys().receipt(for: report)
        let key = Array(repeating: 1 as UInt8, count: 32)
        #expect(receipt == Self.keys(1, 77).receipt(for: report))
        #expect(ReportKeys.isReceipt(receipt, of: report, key: key))
        #expect(!ReportKeys.isReceipt(receipt, of: other, key: key))
        #expect(!ReportKeys.isReceipt(receipt, of: report, key: Array(repeating: 2, count: 32)))
        for text in ["", "x", String(receipt.dropLast()), receipt + "A"] { #expect(!ReportKeys.isReceipt(text, of: report, key: key), "\(text)") }
    }

    @Test("the key of addresses is one a day, by the time of UTC")
    func days() {
        #expect(ReportKeys.Names(at: Date(timeIntervalSince1970: 1_769_903_999)).addresses == "addresses:2026-01-31")
        #expect(ReportKeys.Names(at: Date(timeIntervalSince1970: 1_769_904_000)).addresses == "addresses:2026-02-01")
        #expect(ReportKeys.Names(at: Date(timeIntervalSince1970: 0)).all == ["receipts", "addresses:1970-01-01"])
    }
}
