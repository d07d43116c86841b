/// Why a command has no reply, or an error reply.
///
/// | code | cause | retryable |
/// | --- | --- | --- |
/// | connection | the connection broke while the command was in flight, or the client was shut down | yes |
/// | timeout | no reply, or no connection, within the deadline | yes |
/// | overloaded | too many commands wait for replies already; this one was not sent | yes |
/// | server | the server answered with an error | by its prefix: `LOADING`, `BUSY`, … |
/// | protocol | what came back is not RESP2, or the command is too large to send | no |
/// | configuration | a URL or setting is wrong | no |
/// | cancelled | the calling task was cancelled | no |
///
/// "Retryable" says that the same command may succeed later. Whether it may be sent *twice* depends on the command:
/// see ``mayHaveExecuted``.
public struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it was. A struct, so that a case can be added without breaking a `switch` elsewhere.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String { case connection, timeout, server, `protocol`, configuration, cancelled, overloaded }
        private let value: Value

        public static let connection = Code(value: .connection)
        public static let timeout = Code(value: .timeout)
        public static let server = Code(value: .server)
        public static let `protocol` = Code(value: .protocol)
        public static let configuration = Code(value: .configuration)
        public static let cancelled = Code(value: .cancelled)
        public static let overloaded = Code(value: .overloaded)

        public var description: String { value.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// The first word of the server's error (`NOGROUP`, `MOVED`, `ERR`), if it has one; nil for every code but ``Code/server``.
    public let serverPrefix: String?
    /// One sentence for an operator. It holds no argument of the command and no password.
    public let message: String
    /// The name of the command that failed, `XADD`; nil when no single command did.
    public let command: String?
    /// Whether the server may have carried the command out although no reply was read. False when it certainly did not see it.
    public let mayHaveExecuted: Bool

    /// An error of the client's own making; `message` must hold no secret and no argument of the command.
    public init(_ code: Code, _ message: String, command: String? = nil, mayHaveExecuted: Bool = false) {
        self.code = code
        self.serverPrefix = nil
        self.message = message
        self.command = command
        self.mayHaveExecuted = mayHaveExecuted
    }

    /// An error reply as an error; `text` is the reply without its leading `-`.
    public init(serverReply text: String, command: String?) {
        self.code = .server
        self.serverPrefix = Self.prefix(of: text)
        self.message = text
        self.command = command
        self.mayHaveExecuted = false
    }

    /// Whether the same command may succeed later, with nothing changed but time.
    public var isRetryable: Bool {
        switch code {
        case .connection, .timeout, .overloaded: true
        case .server: serverPrefix.map(Self.passingPrefixes.contains) ?? false
        default: false
        }
    }

    public var description: String {
        guard let command else { return "Redis \(code) error: \(message)" }
        return "Redis \(code) error in \(command): \(message)"
    }

    /// States of a server that pass by themselves or by an operator's hand, without a change to the command.
    private static let passingPrefixes: Set<String> = [
        "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "NOREPLICAS", "OOM", "MISCONF", "UNBLOCKED",
    ]

    private static func prefix(of text: String) -> String? {
        let word = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        let isCapital = { (byte: UInt8) in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        guard !word.isEmpty, word.allSatisfy(isCapital) else { return nil }
        return String(decoding: word, as: UTF8.self)
    }
}
