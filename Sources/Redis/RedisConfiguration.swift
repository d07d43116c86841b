/// Where a Redis server is, how to log in, and how long to wait for it.
///
/// Forms of the URL: see ``init(url:)``. The password is in no description, mirror or dump of this value.
public struct RedisConfiguration: Sendable, Equatable {
    /// The socket the server listens on.
    public enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// How the server proves who it is (`rediss://`).
    public struct TLS: Sendable, Equatable {
        /// A PEM file of the authorities to trust instead of the system's, for a private server; nil for the system's.
        public var authorityFile: String?
        /// True accepts any certificate: the line is encrypted, but the server may be anyone. For development only.
        public var isInsecure: Bool

        public init(authorityFile: String? = nil, isInsecure: Bool = false) {
            self.authorityFile = authorityFile
            self.isInsecure = isInsecure
        }
    }

    /// What a client of a Redis Cluster knows beforehand (`?cluster=true`).
    public struct Cluster: Sendable, Equatable {
        /// Nodes that may be asked for the cluster's map beside ``RedisConfiguration/address``, for the case that it is away.
        public var seeds: [Address]

        public init(seeds: [Address] = []) {
            self.seeds = seeds
        }
    }

    /// The server's socket; of a cluster, that of any node.
    public var address: Address
    /// Nil talks to the one server at ``address``. Otherwise each command goes to the node of the cluster that has its key.
    public var cluster: Cluster?
    /// Nil talks plainly.
    public var tls: TLS?
    /// Nil logs in as the server's default user, if there is a password.
    public var username: String?
    var password: Secret?
    /// The number `SELECT` takes on each new connection; 0 in a cluster. Publish and subscribe does not know databases.
    public var database: Int
    /// What `CLIENT LIST` shows for our connections.
    public var clientName: String
    /// How long a command waits for its reply, the wait for a connection included. 5 s: above any healthy reply, below the
    /// patience of an HTTP client. It is also how long a connection may stay silent while a reply is due before it counts as broken.
    public var commandTimeout: Duration
    /// How long one attempt to connect may take: name, socket, TLS and greeting. 2 s leaves room for a second try within a command's 5 s.
    public var connectTimeout: Duration
    /// How many commands may wait for replies on one connection; the next is refused as `.overloaded`. 16,384 commands are about a
    /// tenth of a second of a busy server's work: a longer line only adds latency.
    public var maximumCommandsInFlight: Int
    /// How many bytes of commands may wait on one connection. 512 MB holds the largest command that can be sent.
    public var maximumBytesInFlight: Int
    /// Pauses between attempts to connect.
    public var backoff: RedisBackoff

    /// The same as a URL, for code that has the parts.
    public init(
        address: Address, tls: TLS? = nil, username: String? = nil, password: String? = nil, database: Int = 0, clientName: String = "mainstay",
        cluster: Cluster? = nil
    ) {
        self.address = address
        self.cluster = cluster
        self.tls = tls
        self.username = username
        self.password = password.map(Secret.init)
        self.database = database
        self.clientName = clientName
        self.commandTimeout = .seconds(5)
        self.connectTimeout = .seconds(2)
        self.maximumCommandsInFlight = 16_384
        self.maximumBytesInFlight = CommandFormatter.maximumBytes
        self.backoff = RedisBackoff()
    }
}

extension RedisConfiguration.Address: CustomStringConvertible {
    /// `host:port`, or the socket's path.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

extension RedisConfiguration {
    /// The same for one node of the cluster.
    func node(at address: ClusterAddress) -> RedisConfiguration {
        var copy = self
        copy.address = .tcp(host: address.host, port: address.port)
        copy.cluster = nil
        return copy
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The configuration as a URL, with `***` for the password.
    public var description: String {
        var login = ""
        if password != nil { login = "\(username ?? ""):***@" }
        switch address {
        case .tcp:
            let places = ([address] + (cluster?.seeds ?? [])).map(\.description).joined(separator: ",")
            return "\(tls == nil ? "redis" : "rediss")://\(login)\(places)/\(database)" + (cluster == nil ? "" : "?cluster=true")
        case .unix(let path):
            return "unix://\(path)?db=\(database)" + (password == nil ? "" : "&password=***")
        }
    }

    public var debugDescription: String { description }
}

/// A text that is compared and sent, and never shown.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Named so that every use can be found.
    var revealed: String { text }
    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
