import Crypto
import Foundation
import Web

/// Who reports: a workspace that shows its token, or whoever has this address.
enum Reporter: Sendable, Hashable {
    case workspace(UUID)
    /// Nil where the server does not see an address: all of those are one.
    case network(ClientNetwork?)

    var isIdentified: Bool {
        if case .workspace = self { true } else { false }
    }
}

/// What recognises a reporter without knowing it, and makes the receipts: HMAC-SHA-256 under keys of this installation.
///
/// The key for addresses is another one each day, and is deleted some days later: a hash of four billion addresses can be searched
/// through by whoever has its key, and by nobody else. So an address is recognised for the rest of the day and not on the next one.
/// Receipts are made again for whoever reports the same again, and so nothing of them is stored.
struct ReportKeys: Sendable {
    /// How a table calls them.
    struct Names: Sendable, Equatable {
        let receipts = "receipts"
        let addresses: String

        /// - Parameter now: the day is that of UTC.
        init(at now: Date) {
            addresses = "addresses:" + now.formatted(Self.day)
        }

        var all: [String] { [receipts, addresses] }

        private static let day = Date.ISO8601FormatStyle().year().month().day()
    }

    /// Bytes of a key.
    static let length = 32

    private let receipts: SymmetricKey
    private let addresses: SymmetricKey

    init(receipts: [UInt8], addresses: [UInt8]) {
        self.receipts = SymmetricKey(data: receipts)
        self.addresses = SymmetricKey(data: addresses)
    }

    /// What a report is stored under: 16 bytes of a workspace, 32 of an address.
    func mark(of reporter: Reporter) -> [UInt8] {
        switch reporter {
        case .workspace(let id): Self.bytes(id)
        case .network(let network): mark(of: network)
        }
    }

    /// What bounds the reports that come from one place.
    func mark(of network: ClientNetwork?) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: network?.bytes ?? [], using: addresses))
    }

    /// What only the reporter has.
    func receipt(for report: UUID) -> String {
        Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Self.bytes(report), using: receipts)))
    }

    /// Whether a text is the receipt of a report, by the key of receipts. Compares in constant time.
    static func isReceipt(_ text: String, of report: UUID, key: [UInt8]) -> Bool {
        guard let code = Base64URL.decode(text) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes(report), using: SymmetricKey(data: key))
    }

    private static func bytes(_ id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }
}
