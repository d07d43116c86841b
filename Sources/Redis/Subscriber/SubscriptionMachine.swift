import NIOCore

/// Which channels are wanted, and what the server still owes us on the present link. A value without I/O.
///
/// Everything sent is answered in order, so what is owed is a queue: each `SUBSCRIBE`, `UNSUBSCRIBE` and `PING` adds one entry, each
/// confirmation takes the first. Messages come in between and take none.
///
/// On a new link all wanted channels are subscribed, and a `PING` behind them closes the list: when its answer comes, every channel
/// is subscribed, and only then is the link announced. A `PING` on a quiet link is also how a dead one is noticed, for a
/// subscriber may have nothing else to say for hours.
struct SubscriptionMachine<Waiter: AnyObject> {
    private struct Owed {
        enum Answer: Equatable {
            case subscribed(String)
            case unsubscribed(String)
            case pong(announcesLink: Bool)
        }

        let answer: Answer
        let sentAt: NIODeadline
        var waiters: [Waiter] = []
    }

    /// A channel someone wants.
    private struct Wish {
        /// Whether the server has confirmed it at least once: then a later caller that gives up does not end it.
        var wasConfirmed = false
        /// Callers that wait for a link.
        var waiters: [Waiter] = []
    }

    private var wishes: [String: Wish] = [:]
    private var owed = CircularBuffer<Owed>()
    private var isLinkUp = false
    private let patience: TimeAmount

    /// `patience`: how long the server may leave an answer out before the link counts as dead.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    var channels: Set<String> { Set(wishes.keys) }

    // MARK: Events of callers

    enum Action: Equatable {
        case none
        case send([RedisCommand])
    }

    /// A caller wants a channel. It is resumed when the server has confirmed.
    mutating func subscribe(_ channel: String, _ waiter: Waiter, now: NIODeadline) -> Action {
        guard isLinkUp else {
            wishes[channel, default: Wish()].waiters.append(waiter)
            return .none
        }
        if wishes[channel] == nil { wishes[channel] = Wish() }
        // Sent even if the channel is subscribed already: the server confirms each, and the confirmation is what the caller waits for.
        owed.append(Owed(answer: .subscribed(channel), sentAt: now, waiters: [waiter]))
        return .send([RedisCommand("SUBSCRIBE", .string(channel))])
    }

    enum UnsubscribeAction {
        /// Resume them: without a link nothing is subscribed.
        case done([Waiter])
        case send(RedisCommand)
    }

    /// A caller wants a channel no longer, and with it every caller that waits for it.
    mutating func unsubscribe(_ channel: String, _ waiter: Waiter, now: NIODeadline) -> UnsubscribeAction {
        let wish = wishes.removeValue(forKey: channel)
        guard isLinkUp else { return .done((wish?.waiters ?? []) + [waiter]) }
        owed.append(Owed(answer: .unsubscribed(channel), sentAt: now, waiters: [waiter]))
        return .send(RedisCommand("UNSUBSCRIBE", .string(channel)))
    }

    /// A caller has given up waiting. A channel that nobody else asked for is given up with it.
    mutating func left(_ waiter: Waiter, channel: String, now: NIODeadline) -> Action {
        wishes[channel]?.waiters.removeAll { $0 === waiter }
        for index in owed.indices { owed[index].waiters.removeAll { $0 === waiter } }
        let isAwaited = owed.contains { $0.answer == .subscribed(channel) && !$0.waiters.isEmpty }
        guard let wish = wishes[channel], !wish.wasConfirmed, wish.waiters.isEmpty, !isAwaited else { return .none }
        wishes[channel] = nil
        guard isLinkUp else { return .none }
        owed.append(Owed(answer: .unsubscribed(channel), sentAt: now))
        return .send([RedisCommand("UNSUBSCRIBE", .string(channel))])
    }

    // MARK: Events of the link

    /// Returns what to send on the new link.
    mutating func linkUp(now: NIODeadline) -> [RedisCommand] {
        isLinkUp = true
        var commands: [RedisCommand] = []
        commands.reserveCapacity(wishes.count + 1)
        for channel in wishes.keys.sorted() {
            owed.append(Owed(answer: .subscribed(channel), sentAt: now, waiters: wishes[channel]?.waiters ?? []))
            wishes[channel]?.waiters = []
            commands.append(RedisCommand("SUBSCRIBE", .string(channel)))
        }
        owed.append(Owed(answer: .pong(announcesLink: true), sentAt: now))
        commands.append(RedisCommand("PING"))
        return commands
    }

    struct LinkDownAction {
        /// Callers of `unsubscribe`: what they wanted has come about.
        var done: [Waiter] = []
    }

    /// The link is gone. Callers that wait for a subscription go on waiting for the next link.
    mutating func linkDown() -> LinkDownAction {
        isLinkUp = false
        var action = LinkDownAction()
        for entry in owed {
            switch entry.answer {
            case .subscribed(let channel):
                // Without a wish the channel was unsubscribed meanwhile: there is nothing left to wait for.
                if wishes[channel] == nil { action.done += entry.waiters } else { wishes[channel]?.waiters += entry.waiters }
            case .unsubscribed: action.done += entry.waiters
            case .pong: break
            }
        }
        owed.removeAll()
        return action
    }

    enum ReceivedAction {
        case none
        case message(channel: String, payload: [UInt8])
        case confirm([Waiter])
        /// The server refuses a channel, to these callers and for good.
        case fail([Waiter], RedisError)
        case announceLink
        /// What came answers nothing we sent: the link must be closed.
        case breakLink(RedisError)
    }

    mutating func received(_ value: RedisValue) -> ReceivedAction {
        switch SubscriptionPush(value) {
        case .message(let channel, let payload):
            // What was on its way when the channel was given up is nobody's.
            return wishes[channel] == nil ? .none : .message(channel: channel, payload: payload)
        case .subscribed(let channel):
            guard owed.first?.answer == .subscribed(channel) else { return outOfStep }
            wishes[channel]?.wasConfirmed = true
            return .confirm(owed.removeFirst().waiters)
        case .unsubscribed(let channel):
            guard owed.first?.answer == .unsubscribed(channel) else { return outOfStep }
            return .confirm(owed.removeFirst().waiters)
        case .pong:
            guard case .pong(let announcesLink)? = owed.first?.answer else { return outOfStep }
            owed.removeFirst()
            return announcesLink ? .announceLink : .none
        case .refused(let text):
            let error = RedisError(serverReply: text, command: "SUBSCRIBE")
            // A refusal answers what was asked first. Kept as a wish, the channel would be refused again on every link.
            guard case .subscribed(let channel)? = owed.first?.answer else { return .breakLink(error) }
            wishes[channel] = nil
            return .fail(owed.removeFirst().waiters, error)
        case .unknown:
            return outOfStep
        }
    }

    enum BeatAction: Equatable {
        case none
        case ping
        case breakLink
    }

    /// To be called a few times within the patience.
    mutating func beat(now: NIODeadline) -> BeatAction {
        guard isLinkUp else { return .none }
        guard let first = owed.first else {
            owed.append(Owed(answer: .pong(announcesLink: false), sentAt: now))
            return .ping
        }
        return first.sentAt + patience <= now ? .breakLink : .none
    }

    private var outOfStep: ReceivedAction {
        .breakLink(RedisError(.protocol, "the subscriber's connection is out of step with the server"))
    }
}
