import HTTPTypes
import Hummingbird
import Web

/// The beginning of absolute addresses, which feeds and cards need: `https://agents.example`.
struct PublicSite: Sendable, Equatable {
    /// Without a slash at its end; nil for what each request says of itself.
    private let configured: String?

    init(_ configured: String?) {
        self.configured = configured.map { text in
            var text = Substring(text)
            while text.last == "/" { text = text.dropLast() }
            return String(text)
        }
    }

    /// What stands before the path. Without a configured address it is the host that was asked, by the scheme that a proxy names.
    func base(for request: Request) -> String {
        if let configured { return configured }
        let isSecure = (request.headers[.forwardedProto] ?? request.head.scheme)?.lowercased() == "https"
        return "\(isSecure ? "https" : "http")://\(Self.host(request.head.authority))"
    }

    /// A host that cannot be one is not written into documents that others keep.
    static func host(_ authority: String?) -> String {
        guard let authority, !authority.isEmpty, authority.utf8.count <= 255 else { return "localhost" }
        let isHost = authority.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isHost ? authority : "localhost"
    }
}
