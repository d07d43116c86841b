import NIOCore

/// One command on its way through a cluster: where it goes next, and when it is given up. A value without I/O.
///
/// It is sent again only after an answer that says it was not carried out, or when it was never written.
struct ClusterErrand: Sendable {
    let bytes: ByteBuffer
    let slot: ClusterSlot?
    let isScript: Bool
    /// Where an `ASK` sends it, for once.
    private(set) var detour: ClusterAddress?
    /// The last answer that sent it elsewhere or asked it to wait; the caller gets it when time is over.
    private(set) var refusal: String?
    private var redirects = 0

    /// A slot that moves and a primary that fails at the same time take three; more is a cluster whose nodes do not agree.
    static let maximumRedirects = 8

    /// Throws `.protocol` for a command too large to send, and `.configuration` for one that would be answered from a part of the keys.
    init(_ command: RedisCommand) throws(RedisError) {
        let key = command.key
        guard key != nil || !command.isOfOneServer else {
            throw RedisError(
                .configuration, "it concerns all keys, and a node of a cluster has a part: send it to each of nodes()", command: command.name)
        }
        var bytes = ByteBufferAllocator().buffer(capacity: 128)
        try CommandFormatter.append(command, to: &bytes)
        self.bytes = bytes
        self.slot = key.map { ClusterSlot(of: $0) }
        self.isScript = command.isScript
    }

    enum Step: Equatable {
        /// The reply is the caller's.
        case done(RedisValue)
        /// Send it again at once; the map has changed as said.
        case again(moved: Redirect?)
        /// Send it again after a pause.
        case pause
    }

    /// Takes the reply of a node.
    mutating func replied(_ reply: RedisValue, from asked: ClusterAddress) -> Step {
        detour = nil
        guard case .error(let text) = reply else { return .done(reply) }
        switch ClusterReaction(reply: text, from: asked, isScript: isScript) {
        case .answer: return .done(reply)
        case .wait:
            refusal = text.hasPrefix("ASK ") ? "TRYAGAIN the slot is on its way to another node" : text
            return .pause
        case .follow(let redirect):
            redirects += 1
            refusal = "TRYAGAIN the nodes of the cluster sent it on \(redirects) times"
            guard redirects <= Self.maximumRedirects else { return .done(.error(refusal ?? text)) }
            if case .ask(_, let address) = redirect {
                detour = address
                return .again(moved: nil)
            }
            return .again(moved: redirect)
        }
    }

    /// Whether it goes from node to node, which a pause may end: they learn of a change one after the other.
    var isSentRound: Bool { redirects > 1 }

    /// It was not written: the node is gone.
    mutating func unsent() {
        detour = nil
    }
}

/// `ASKING` in the wire's form: the next command on the connection may concern a slot that the node is still taking over.
enum Asking {
    static func append(to buffer: inout ByteBuffer) {
        buffer.writeStaticString("*1\r\n$6\r\nASKING\r\n")
    }
}
