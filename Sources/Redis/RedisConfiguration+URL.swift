extension RedisConfiguration {
    /// Reads a URL of one of these forms:
    ///
    /// | URL | meaning |
    /// | --- | --- |
    /// | `redis://host` | port 6379, database 0, no login |
    /// | `redis://:password@host:6380/2` | default user, database 2 |
    /// | `redis://user:password@[::1]:6379/0` | named user (ACL), IPv6 address |
    /// | `rediss://host?cacert=/etc/redis/ca.pem` | TLS, trusting the authorities of that file |
    /// | `rediss://host?insecure=1` | TLS that accepts any certificate |
    /// | `redis://:password@a:7000,b:7000,c:7000?cluster=true` | a Redis Cluster, reached by any of these nodes |
    /// | `unix:///run/redis.sock?db=1&username=u&password=p` | unix socket |
    ///
    /// Characters that mean something in a URL (`@ : / ? # & %`) are percent-encoded in names and passwords.
    /// Throws a `.configuration` error whose message names every fault, and none of the password.
    public init(url: String) throws {
        var parser = RedisURLParser()
        let parsed = parser.parse(url)
        guard parser.faults.isEmpty, let parsed else {
            throw RedisError(.configuration, "the Redis URL is wrong: \(parser.faults.joined(separator: "; "))")
        }
        self = parsed
    }
}

/// Takes a URL apart and collects what is wrong with it. A fault quotes a piece of the URL only where that piece cannot hold part of
/// a password.
struct RedisURLParser {
    private(set) var faults: [String] = []

    private static let defaultPort = 6_379
    /// `sun_path` holds 108 bytes with its terminating zero.
    private static let maximumSocketPathBytes = 107

    mutating func parse(_ url: String) -> RedisConfiguration? {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            faults.append("it has no scheme; wanted redis://, rediss:// or unix://")
            return nil
        }
        let (body, query) = Self.halves(parts[1], at: "?")
        switch parts[0].lowercased() {
        case "redis": return network(body, query, isTLS: false)
        case "rediss": return network(body, query, isTLS: true)
        case "unix": return socket(body, query)
        default:
            faults.append("its scheme is unknown; wanted redis://, rediss:// or unix://")
            return nil
        }
    }

    // MARK: Forms

    private mutating func network(_ body: Substring, _ query: Substring?, isTLS: Bool) -> RedisConfiguration? {
        let (authority, path) = Self.halves(body, at: "/")
        guard !authority.contains("#"), path?.contains("@") != true, query?.contains("@") != true else {
            // Whatever follows may be the rest of a password, so nothing else is looked at or quoted.
            faults.append("'/', '?' and '#' in a user name or password must be percent-encoded (%2F, %3F, %23), and an '@' in an option too (%40)")
            return nil
        }
        var login: Login?
        var place = authority
        if let at = authority.lastIndex(of: "@") {
            login = self.login(authority[..<at])
            place = authority[authority.index(after: at)...]
        }
        let places = place.split(separator: ",", omittingEmptySubsequences: false).map { hostAndPort($0) }
        let database = number(path ?? "", name: "the database in the path")
        var options = self.options(query, allowed: isTLS ? ["cacert", "cluster", "insecure", "name"] : ["cluster", "name"])
        var tls: RedisConfiguration.TLS?
        if isTLS {
            tls = RedisConfiguration.TLS(authorityFile: options.removeValue(forKey: "cacert"))
            tls?.isInsecure = flag("insecure", options)
        }
        let isCluster = flag("cluster", options)
        if !isCluster, places.count > 1 { faults.append("several hosts are the nodes of a cluster, which the option cluster=true must say") }
        if isCluster, let database, database != 0 { faults.append("a cluster has no database but 0") }
        let name = clientName(options)
        let addresses = places.compactMap { host, port -> RedisConfiguration.Address? in
            guard let host, let port else { return nil }
            return .tcp(host: host, port: port)
        }
        guard let address = addresses.first, let database else { return nil }
        return RedisConfiguration(
            address: address, tls: tls, username: login?.username, password: login?.password, database: database, clientName: name,
            cluster: isCluster ? RedisConfiguration.Cluster(seeds: Array(addresses.dropFirst())) : nil)
    }

    private mutating func socket(_ body: Substring, _ query: Substring?) -> RedisConfiguration? {
        let path = decoded(body, name: "the socket's path")
        if let path, !path.hasPrefix("/") { faults.append("the socket's path must be absolute: unix:///path/to/redis.sock") }
        if let path, path.utf8.count > Self.maximumSocketPathBytes {
            faults.append("the socket's path has \(path.utf8.count) bytes; the system takes at most \(Self.maximumSocketPathBytes)")
        }
        let options = self.options(query, allowed: ["db", "name", "password", "username"])
        let database = number(options["db"].map { Substring($0) } ?? "", name: "the option db")
        if options["username"] != nil, options["password"] == nil { faults.append("it has a user name and no password") }
        let name = clientName(options)
        guard let path, let database else { return nil }
        return RedisConfiguration(
            address: .unix(path: path), username: options["username"], password: options["password"], database: database,
            clientName: name)
    }

    // MARK: Parts

    private mutating func flag(_ name: String, _ options: [String: String]) -> Bool {
        switch options[name] {
        case "1", "true": return true
        case nil, "0", "false": return false
        default:
            faults.append("the option \(name) takes 1 or 0")
            return false
        }
    }

    /// The server refuses a name with a blank or a character that is not visible ASCII, and with it every greeting.
    private mutating func clientName(_ options: [String: String]) -> String {
        let name = options["name"] ?? "mainstay"
        if !name.utf8.allSatisfy({ (UInt8(ascii: "!")...UInt8(ascii: "~")).contains($0) }) {
            faults.append("the option name may hold visible ASCII characters only, and no blank")
        }
        return name
    }

    private struct Login {
        let username: String?
        let password: String
    }

    private mutating func login(_ text: Substring) -> Login? {
        let (user, secret) = Self.halves(text, at: ":")
        let username = decoded(user, name: "the user name")
        guard let secret, !secret.isEmpty else {
            faults.append("it has a user name and no password (a password alone is written :password@host)")
            return nil
        }
        guard let username, let password = decoded(secret, name: "the password") else { return nil }
        return Login(username: username.isEmpty ? nil : username, password: password)
    }

    private mutating func hostAndPort(_ text: Substring) -> (String?, Int?) {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                faults.append("the IPv6 address lacks its closing ']'")
                return (nil, nil)
            }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty, rest.first != ":" { faults.append("only a port may follow the ']' of an IPv6 address") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            (host, port) = Self.halves(text, at: ":")
        }
        if host.isEmpty { faults.append("the host is missing") }
        var number = Self.defaultPort
        if let port {
            if let value = Int(port), (1...65_535).contains(value), port.allSatisfy(\.isNumber) {
                number = value
            } else {
                faults.append("the port is not a number from 1 to 65535")
            }
        }
        return (decoded(host, name: "the host"), number)
    }

    private mutating func number(_ text: Substring, name: String) -> Int? {
        guard !text.isEmpty else { return 0 }
        guard let value = Int(text), value >= 0, text.allSatisfy(\.isNumber) else {
            faults.append("\(name) is not a number from 0")
            return nil
        }
        return value
    }

    private mutating func options(_ query: Substring?, allowed: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for item in (query ?? "").split(separator: "&") {
            let (name, value) = Self.halves(item, at: "=")
            guard allowed.contains(String(name)) else {
                faults.append("it has an option that is unknown here; known: \(allowed.joined(separator: ", "))")
                continue
            }
            guard let text = decoded(value ?? "", name: "the option \(name)"), !text.isEmpty else {
                faults.append("the option \(name) has no value")
                continue
            }
            if result.updateValue(text, forKey: String(name)) != nil { faults.append("the option \(name) is given twice") }
        }
        return result
    }

    /// The text with its percent-encoded bytes put back.
    private mutating func decoded(_ text: Substring, name: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                faults.append("\(name) has a '%' that two hexadecimal digits do not follow (a '%' itself is %25)")
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            faults.append("\(name) is not UTF-8 once decoded")
            return nil
        }
        return decoded
    }

    private static func halves(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }
}
