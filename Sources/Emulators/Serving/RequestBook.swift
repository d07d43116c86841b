import Synchronization

/// What reached an emulator and what became of it, for tests: that a cancellation arrived at the provider, and when.
package final class RequestBook: Sendable {
    /// How far the answer is.
    package enum State: String, Sendable, Equatable {
        case open
        case finished
        /// The client closed its connection before the end.
        case clientLeft = "client_left"
        /// The script reset the connection.
        case reset
        /// The emulator was stopped.
        case stopped
    }

    package struct Entry: Sendable, Equatable {
        /// From 1, in the order of arrival.
        package let number: Int
        /// Since the emulator was made, by its clock.
        package let arrived: Duration
        package let method: String
        package let path: String
        /// Names in lower case. Keys are left out.
        package let headers: [String: String]
        /// The beginning of the body, at most ``RequestBook/longestBody`` bytes.
        package let body: String
        package fileprivate(set) var state: State
        package fileprivate(set) var ended: Duration?
    }

    /// What is kept of a body.
    package static let longestBody = 64 << 10
    /// Older entries make room for new ones.
    package static let mostEntries = 1_000

    private struct Content {
        var entries: [Entry] = []
        var last = 0
        var open = 0
        var left = 0
    }

    private let content = Mutex(Content())
    private let elapsed: @Sendable () -> Duration

    init(clock: any Clock<Duration>) {
        elapsed = Self.stopwatch(clock)
    }

    /// The entries that are kept, oldest first.
    package var entries: [Entry] { content.withLock(\.entries) }
    /// Requests whose answers are under way.
    package var open: Int { content.withLock(\.open) }
    /// Clients that left before the end of their answers, since the beginning.
    package var clientsLeft: Int { content.withLock(\.left) }

    /// Forgets the entries; counts go on.
    package func clear() {
        content.withLock { $0.entries = [] }
    }

    /// A new request; answers its number.
    func arrived(method: String, path: String, headers: [String: String], body: String) -> Int {
        let now = elapsed()
        return content.withLock { content in
            content.last += 1
            content.open += 1
            // Half at once, so that a busy emulator does not move a thousand entries for each request.
            if content.entries.count >= Self.mostEntries { content.entries.removeFirst(Self.mostEntries / 2) }
            content.entries.append(
                Entry(number: content.last, arrived: now, method: method, path: path, headers: headers, body: body, state: .open, ended: nil))
            return content.last
        }
    }

    /// The answer's end, told once.
    func ended(_ number: Int, as state: State) {
        let now = elapsed()
        content.withLock { content in
            content.open -= 1
            if state == .clientLeft { content.left += 1 }
            guard let index = content.entries.lastIndex(where: { $0.number == number }) else { return }
            content.entries[index].state = state
            content.entries[index].ended = now
        }
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
