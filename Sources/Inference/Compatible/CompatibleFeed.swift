import Foundation

/// A run's events from the first one on, for one answer in another API's words: live, or from the archive.
///
/// A value that is carried from the request's handler, which waits for the first words, to the answer's body, which sends the rest. The
/// place among the run's followers is held as long as the feed is.
struct CompatibleFeed: Sendable {
    enum Step: Sendable {
        /// In order; may be empty.
        case events([RunEvent])
        /// Nothing came for a while.
        case quiet
        case over
    }

    private let run: UUID
    private let workspace: UUID
    private let reader: RunReader
    private let follower: RunFollower?
    private var archive: ArraySlice<RunLogEntry>?
    private var cursor: RunEventID?
    private var silences = 0
    /// Events that this answer needs are no longer in the log. The archive will have them, so the rest is told when the run is over.
    private var waitsForEnd = false
    private var isOver = false

    /// As for a native stream: an end that was not announced is rare, and idle streams are many.
    private static let silencesBeforeLook = 2
    /// Events of the archive that are told at once.
    private static let pageLength = 512

    /// A run that was accepted this moment.
    init(following run: UUID, workspace: UUID, hub: RunEventHub, reader: RunReader) {
        self.run = run
        self.workspace = workspace
        self.reader = reader
        follower = hub.follow(run: run, after: nil)
    }

    /// A run that may be over; nil for one that does not exist or is another workspace's.
    init?(opening run: UUID, workspace: UUID, hub: RunEventHub, reader: RunReader) async throws {
        guard let opening = try await reader.open(run, workspace: workspace, after: nil) else { return nil }
        self.run = run
        self.workspace = workspace
        self.reader = reader
        switch opening {
        case .replay(let entries):
            follower = nil
            archive = entries[...]
        case .live:
            follower = hub.follow(run: run, after: nil)
        }
    }

    /// What an answer is told when events are gone that it would need.
    static let lost = InferenceError(
        .internalError, "Events of this answer are no longer kept, so it cannot be told as a whole.", code: "gap")

    /// What comes next; suspends until there is something.
    ///
    /// - Throws: `CancellationError`; `DecodingError` for an event that is not one.
    mutating func next() async throws -> Step {
        if isOver { return .over }
        if archive != nil { return try page() }
        guard let follower else { return .over }
        while true {
            switch try await follower.listener.next() {
            case .entries(let entries):
                silences = 0
                guard waitsForEnd else { return .events(try take(entries)) }
                // The end is written down before it is told. Where it cannot be read now, the next silence looks for it.
                guard entries.contains(where: \.isTerminal), await opensArchive() else { continue }
                return try page()
            case .gap:
                waitsForEnd = true
            case .quiet:
                silences += 1
                guard silences.isMultiple(of: Self.silencesBeforeLook), await opensArchive(isOwed: true) else { return .quiet }
                return try page()
            }
        }
    }

    /// Whether the run is over, and the rest of its events is at hand.
    private mutating func opensArchive(isOwed: Bool = false) async -> Bool {
        guard let all = try? await reader.ending(of: run, workspace: workspace, isOwed: isOwed) else { return false }
        archive = all.filter { entry in cursor.map { entry.id > $0 } ?? true }[...]
        return true
    }

    /// The first words of the answer or its end, whichever comes first; what there is when nothing came for a while.
    mutating func opening() async throws -> [RunEvent] {
        var events: [RunEvent] = []
        while true {
            guard case .events(let more) = try await next() else { return events }
            events += more
            if more.contains(where: { $0.isModelOutput || $0.isTerminal }) { return events }
        }
    }

    private mutating func page() throws -> Step {
        guard let entries = archive?.prefix(Self.pageLength), let first = entries.first else { return .over }
        if !first.id.follows(cursor), first.id.number != 1 {
            isOver = true
            return .events([.failed(Self.lost)])
        }
        archive = archive?.dropFirst(Self.pageLength)
        return .events(try take(Array(entries)))
    }

    private mutating func take(_ entries: [RunLogEntry]) throws -> [RunEvent] {
        cursor = entries.last?.id ?? cursor
        let events = try entries.compactMap { try RunEvent(payload: $0.payload) }
        isOver = events.contains(where: \.isTerminal)
        return events
    }
}
