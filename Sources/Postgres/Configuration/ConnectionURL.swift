/// Takes a connection URL apart into libpq's keywords, as libpq's own parser does, but without quoting any of it in an error:
/// a password with an unescaped `@` or `/` would otherwise end up in the message as a host or a port.
enum ConnectionURL {
    static func options(_ url: String) throws -> [String: String] {
        guard let scheme = url.firstRange(of: "://"), ["postgres", "postgresql"].contains(url[..<scheme.lowerBound].lowercased()) else {
            throw fault("it must begin with postgres:// or postgresql://")
        }
        var options: [String: String] = [:]
        var rest = url[scheme.upperBound...]

        if let mark = rest.firstIndex(of: "?") {
            try readQuery(rest[rest.index(after: mark)...], into: &options)
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            let database = rest[rest.index(after: slash)...]
            guard !database.contains("/") else { throw fault("the database name holds a slash; write it as %2F, and so in a password") }
            if !database.isEmpty { options["dbname"] = try decode(database, "database name") }
            rest = rest[..<slash]
        }
        if let at = rest.firstIndex(of: "@") {
            let hosts = rest[rest.index(after: at)...]
            guard !hosts.contains("@") else { throw fault("there is more than one @; write %40 inside a password") }
            try readUser(rest[..<at], into: &options)
            rest = hosts
        }
        try readHosts(rest, into: &options)
        return options
    }

    private static func readUser(_ text: Substring, into options: inout [String: String]) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if let user = parts.first, !user.isEmpty { options["user"] = try decode(user, "user") }
        if parts.count == 2, !parts[1].isEmpty { options["password"] = try decode(parts[1], "password") }
    }

    private static func readHosts(_ text: Substring, into options: inout [String: String]) throws {
        guard !text.isEmpty else { return }
        var hosts: [String] = []
        var ports: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (host, port) = try splitPort(part)
            hosts.append(try decode(host, "host"))
            guard port.allSatisfy(\.isNumber), port.isEmpty || UInt16(port) != nil else { throw fault("the port is not a number up to 65535") }
            ports.append(String(port))
        }
        // A host in the query (the directory of a unix socket) is the more explicit one.
        if options["host"] == nil, hosts.contains(where: { !$0.isEmpty }) { options["host"] = hosts.joined(separator: ",") }
        if options["port"] == nil, ports.contains(where: { !$0.isEmpty }) { options["port"] = ports.joined(separator: ",") }
    }

    private static func splitPort(_ text: Substring) throws -> (host: Substring, port: Substring) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw fault("an IPv6 address lacks its closing bracket") }
            let host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw fault("after an IPv6 address only a port may follow") }
            return (host, tail.dropFirst())
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : "")
    }

    private static func readQuery(_ text: Substring, into options: inout [String: String]) throws {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw fault("an option after ? is not keyword=value") }
            let keyword = try decode(parts[0], "option")
            let value = try decode(parts[1], "option \(keyword)")
            // What JDBC's users write; libpq reads it so too.
            if keyword == "ssl", value == "true" { options["sslmode"] = "require" } else { options[keyword] = value }
        }
    }

    private static func decode(_ text: Substring, _ part: String) throws -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = source.next().flatMap(hexDigit), let low = source.next().flatMap(hexDigit) else {
                throw fault("a % in the \(part) is not followed by two hexadecimal digits; write %25 for the sign itself")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw fault("the \(part) is not text after its % sequences were read")
        }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func fault(_ what: String) -> PostgresError { PostgresError(.configuration, "the database URL cannot be read: \(what)") }
}
