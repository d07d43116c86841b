import Foundation
package import Hummingbird
import HTTPTypes

/// The network from which somebody asks: what one person has and another has not, as far as an address can tell. A value.
///
/// | address | network |
/// |---|---|
/// | `192.0.2.7`, `192.0.2.7:4711`, `::ffff:192.0.2.7` | the address, 4 bytes |
/// | `2001:db8:1:2::7`, `[2001:db8:1:2::7]:4711` | its first 64 bits, for a household has them all |
package struct ClientNetwork: Sendable, Hashable {
    let bytes: [UInt8]

    /// Nil for what is no address.
    init?(_ text: String) {
        let address = Self.bare(text)
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, address, &four) == 1 {
            bytes = four
            return
        }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
        bytes = sixteen.starts(with: Self.mapped) ? Array(sixteen.suffix(4)) : Array(sixteen.prefix(8))
    }

    /// The client's, where `proxies` servers of our own stand before this one, each of which has added to `X-Forwarded-For` whom
    /// it was asked by. What stands further to the left anybody may have written.
    ///
    /// - Parameters:
    ///   - forwarded: the header's fields, in their order.
    ///   - peer: who has opened the connection.
    static func of(forwarded: [String], peer: String?, proxies: Int) -> ClientNetwork? {
        guard proxies > 0 else { return peer.flatMap { ClientNetwork($0) } }
        let hops = forwarded.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
        // The last one is written by the proxy next to us, and names whom it was asked by.
        guard hops.count >= proxies else { return peer.flatMap { ClientNetwork($0) } }
        return ClientNetwork(hops[hops.count - proxies])
    }

    /// The same of a request, as one word; nil where nobody can tell.
    package static func name(of request: Request, peer: String?, proxies: Int) -> String? {
        of(forwarded: request.headers[values: .forwardedFor], peer: peer, proxies: proxies)?.bytes.map(String.init).joined(separator: ".")
    }

    /// Ten zeros and two of all ones, before an address of the older form.
    private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]

    /// Without brackets, port and zone.
    private static func bare(_ text: String) -> String {
        var address = text[...]
        if address.hasPrefix("[") {
            address = address.dropFirst().prefix { $0 != "]" }
        } else if address.count(where: { $0 == ":" }) == 1 {
            address = address.prefix { $0 != ":" }
        }
        return String(address.prefix { $0 != "%" })
    }
}
