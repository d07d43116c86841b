package import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Tells what is open for somebody when that identity is good no longer: its token was revoked or locked, has expired or may do less,
/// its member was removed, its workspace deleted.
///
/// Who asks is found out when a request begins; an answer that lasts is older than that. One task for the whole process asks about all
/// identities that something is open for, at once and each once, however many answers wait for it: thousands of idle streams of one
/// token cost a row a turn. A stream costs no task and no timer for it, but a place in a dictionary.
///
/// While the stores do not answer, nothing is ended: new requests are refused then, and what is open goes on.
package final class IdentityWatch: Service, Sendable {
    /// Those of these identities that are good no longer. Has a deadline of its own; at most ``page`` identities are asked about.
    package typealias Check = @Sendable (_ identities: [Identity]) async throws -> Set<Identity>

    /// Told true when the identity is good no longer, false when nobody wants to know any more.
    private typealias Waiter = @Sendable (_ isOver: Bool) -> Void

    private struct Book {
        var waiters: [Identity: [UInt64: Waiter]] = [:]
        var lastID: UInt64 = 0
        /// Whether the last check came to an answer.
        var isAnswered = true

        mutating func withdraw(_ identity: Identity, _ id: UInt64) -> Waiter? {
            let waiter = waiters[identity]?.removeValue(forKey: id)
            if waiters[identity]?.isEmpty == true { waiters[identity] = nil }
            return waiter
        }
    }

    /// Identities of one check.
    static let page = 1000

    /// How long what was found out about an identity is believed, as where requests begin.
    let belief: Duration
    private let interval: Duration
    private let check: Check
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let book = Mutex(Book())

    /// - Parameters:
    ///   - interval: 0.3 s: an answer may have begun with what was known half a second ago, and ends within a second all the same.
    ///   - belief: 0.5 s, as long as authenticators believe what they have found.
    ///   - now: the time of day, for identities that say themselves when they end.
    package init(
        interval: Duration = .milliseconds(300), belief: Duration = .milliseconds(500), clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }, logger: Logger, check: @escaping Check
    ) {
        self.interval = interval
        self.belief = belief
        self.clock = clock
        self.now = now
        self.logger = logger
        self.check = check
    }

    /// Identities that something is open for.
    package var watched: Int { book.withLock { $0.waiters.count } }

    // MARK: What is open

    /// Returns once the identity is good no longer, a turn later at the most.
    /// - Throws: `CancellationError`.
    func end(of identity: Identity) async throws {
        let id = book.withLock { book in
            book.lastID += 1
            return book.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isWatched = book.withLock { book in
                    // A cancellation is seen here, or by the handler below, which waits for this lock.
                    guard !Task.isCancelled else { return false }
                    book.waiters[identity, default: [:]][id] = { isOver in
                        if isOver { continuation.resume() } else { continuation.resume(throwing: CancellationError()) }
                    }
                    return true
                }
                if !isWatched { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            book.withLock { $0.withdraw(identity, id) }?(false)
        }
    }

    /// Calls `perform` once the identity is good no longer, a turn later at the most: ``end(of:)`` without a task that waits.
    /// - Returns: what ``forget(_:of:)`` takes.
    func onEnd(of identity: Identity, _ perform: @escaping @Sendable () -> Void) -> UInt64 {
        book.withLock { book in
            book.lastID += 1
            book.waiters[identity, default: [:]][book.lastID] = { isOver in if isOver { perform() } }
            return book.lastID
        }
    }

    func forget(_ id: UInt64, of identity: Identity) {
        _ = book.withLock { $0.withdraw(identity, id) }
    }

    /// Asks about one identity at this moment.
    /// - Throws: ``IdentityEnded`` where it is good no longer; what the check throws.
    func confirm(_ identity: Identity) async throws {
        guard !identity.hasExpired(at: now()), try await check([identity]).isEmpty else { throw IdentityEnded() }
    }

    // MARK: Looking

    /// Looks until the process stops.
    package func run() async throws {
        // Either way of ending the wait is the end.
        try? await cancelWhenGracefulShutdown { try await self.turns() }
    }

    private func turns() async throws {
        while true {
            try await self.clock.sleep(for: interval)
            await look()
        }
    }

    /// One turn: ends what is open for identities that are good no longer.
    package func look() async {
        let moment = now()
        let watched = book.withLock { Array($0.waiters.keys) }
        // Whatever the stores do.
        end(watched.filter { $0.hasExpired(at: moment) })
        var rest = watched.filter { !$0.hasExpired(at: moment) }[...]
        while !rest.isEmpty {
            let page = Array(rest.prefix(Self.page))
            rest = rest.dropFirst(Self.page)
            do {
                end(try await check(page))
                book.withLock { $0.isAnswered = true }
            } catch {
                // The others would not be answered either; the next turn asks again.
                return failed(error)
            }
        }
    }

    private func end(_ identities: some Sequence<Identity>) {
        for identity in identities {
            let waiters = book.withLock { $0.waiters.removeValue(forKey: identity) } ?? [:]
            guard !waiters.isEmpty else { continue }
            logger.notice(
                "What was open for an identity is ended: it is good no longer",
                metadata: ["token_id": "\(identity.tokenID.uuidString.lowercased())", "open": "\(waiters.count)"])
            for waiter in waiters.values { waiter(true) }
        }
    }

    /// One line for each time that they are away.
    private func failed(_ error: any Error) {
        guard !Task.isCancelled else { return }
        let wasAnswered = book.withLock { book in
            defer { book.isAnswered = false }
            return book.isAnswered
        }
        guard wasAnswered else { return }
        logger.warning("Whether what is open may stay open cannot be looked up; it goes on", metadata: ["error": "\(error)"])
    }
}

/// What was open is ended, for whose it was is good no longer.
package struct IdentityEnded: Error {
    package init() {}
}
