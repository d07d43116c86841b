/// What a server says on a connection that subscribes, in RESP2.
enum SubscriptionPush: Equatable {
    case message(channel: String, payload: [UInt8])
    case subscribed(String)
    case unsubscribed(String)
    /// The answer to `PING`: an array while a channel is subscribed, a status line while none is.
    case pong
    /// An error reply, such as `NOPERM` for a channel.
    case refused(String)
    case unknown

    init(_ value: RedisValue) {
        switch value {
        case .simple("PONG"): self = .pong
        case .error(let text): self = .refused(text)
        case .array(let parts): self = Self.push(parts)
        default: self = .unknown
        }
    }

    private static func push(_ parts: [RedisValue]) -> SubscriptionPush {
        guard let kind = parts.first?.string else { return .unknown }
        switch (kind, parts.count) {
        case ("message", 3):
            guard let channel = parts[1].string, case .bulk(let payload) = parts[2] else { return .unknown }
            return .message(channel: channel, payload: payload)
        case ("subscribe", 3): return parts[1].string.map(SubscriptionPush.subscribed) ?? .unknown
        case ("unsubscribe", 3): return parts[1].string.map(SubscriptionPush.unsubscribed) ?? .unknown
        case ("pong", 2): return .pong
        default: return .unknown
        }
    }
}
