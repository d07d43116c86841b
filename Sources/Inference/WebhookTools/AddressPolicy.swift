/// Where tools may be called. A tool's URL is a tenant's, and the machine that calls it stands inside of the operator's network: so nothing
/// is reached but https on the open internet, and what the operator allows besides.
///
/// Pure: it is asked twice, when a tool is written and, with the addresses that its name has by then, at every call. What it
/// agreed to is what the connection is made to; the name is not looked up again.
package struct AddressPolicy: Sendable, Equatable {
    /// An entry of the operator's list that is none.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Ports that tools may be called on without being allowed. Others belong to services that were not made for strangers.
    static let ports: Set<Int> = [443, 8443]

    private var names: Set<String> = []
    private var suffixes: [String] = []
    private var blocks: [AddressBlock] = []

    /// Nothing but the open internet.
    package static let strict = AddressPolicy()

    private init() {}

    /// - Parameter entries: `10.1.0.0/16` or `fd00::7` allows addresses, `tools.internal` a name and `.internal` all names below it,
    ///   whatever they lead to; all of these with http, and on any port.
    package init(allowing entries: [String]) throws(Fault) {
        for entry in entries {
            let text = entry.lowercased().filter { !$0.isWhitespace }
            if text.isEmpty { continue }
            if let block = AddressBlock(text) {
                blocks.append(block)
            } else if text.hasPrefix("."), ToolURL.isName(String(text.dropFirst())) {
                suffixes.append(text)
            } else if ToolURL.isName(text), !IPAddress.endsInNumber(text) {
                names.insert(text)
            } else {
                throw Fault(description: "\"\(entry)\" is no address, no range such as 10.1.0.0/16, no host and no suffix such as .internal")
            }
        }
    }

    /// Why a tool may not have this URL, as far as it can be told without asking for its addresses; nil when it may.
    package func refusal(of url: ToolURL) -> String? {
        switch url.host {
        case .address(let address): refusal(of: url, at: [address])
        // Which addresses it has is known when it is called.
        case .name(let name): isAllowed(name) || !blocks.isEmpty ? nil : Self.formRefusal(of: url)
        }
    }

    /// Why a tool is not called at these addresses; nil when it is. One bad address among good ones is enough: whoever answers with both
    /// waits for the right moment.
    package func refusal(of url: ToolURL, at addresses: [IPAddress]) -> String? {
        guard !addresses.isEmpty else { return "The host \(url.host) has no address." }
        if case .name(let name) = url.host, isAllowed(name) { return nil }
        let strangers = addresses.filter { address in !blocks.contains { $0.contains(address) } }
        if strangers.isEmpty { return nil }
        if let kind = strangers.map({ AddressKind($0) }).first(where: { $0 != .global }) {
            return "The host \(url.host) leads to an address that tools do not reach (\(kind.rawValue)). An operator may allow it."
        }
        return Self.formRefusal(of: url)
    }

    private func isAllowed(_ name: String) -> Bool {
        names.contains(name) || suffixes.contains { name.hasSuffix($0) }
    }

    private static func formRefusal(of url: ToolURL) -> String? {
        if url.scheme != .https { return "A tool is called with https. An operator may allow http for this host." }
        if !ports.contains(url.port) {
            let list = ports.sorted().map { "\($0)" }.joined(separator: " or ")
            return "A tool is called on port \(list). An operator may allow others for this host."
        }
        return nil
    }
}
