import Foundation
import Jobs
import Web

/// Sends a run's events to one client, live or from the archive: the same frames either way.
struct RunStream: Sendable {
    let hub: RunEventHub
    let reader: RunReader

    /// PostgreSQL is asked for the run's end at every second silence: an end that was not announced is rare, and idle streams are many.
    private static let silences = 2

    /// Follows a run to its terminal event.
    ///
    /// - Parameter asked: When the client's request arrived, to measure how soon a resumed stream begins.
    /// - Throws: `CancellationError` when the client has left or the server stops.
    func follow(
        _ run: UUID, workspace: UUID, after: RunEventID?, asked: ContinuousClock.Instant? = nil, send: @Sendable ([SSEFrame]) async throws -> Void
    ) async throws {
        try await hub.withListener(run: run, after: after) { listener in
            var watch = StreamWatch(reader.log.metrics.streams, after: after, asked: asked)
            var cursor = after
            var silences = 0
            while true {
                switch try await listener.next() {
                case .entries(let entries):
                    silences = 0
                    let frames = entries.map(Self.frame)
                    try await send(frames)
                    watch.wrote(entries, as: frames)
                    cursor = entries.last?.id ?? cursor
                    if frames.contains(where: Self.isTerminal) { return }
                case .gap(let after, let next):
                    try await send([Self.gap(after: after, next: next)])
                    watch.replayed()
                case .quiet:
                    silences += 1
                    guard silences.isMultiple(of: Self.silences), let all = try? await reader.ending(of: run, workspace: workspace, isOwed: true)
                    else {
                        continue
                    }
                    return try await replay(all.filter { entry in cursor.map { entry.id > $0 } ?? true }, after: cursor, send: send)
                }
            }
        }
    }

    /// Sends the rest of a run that is over.
    func replay(
        _ entries: [RunLogEntry], after: RunEventID?, asked: ContinuousClock.Instant? = nil, send: @Sendable ([SSEFrame]) async throws -> Void
    ) async throws {
        var watch = StreamWatch(reader.log.metrics.streams, after: after, asked: asked)
        if let first = entries.first, !first.id.follows(after), first.id.number != 1 {
            try await send([Self.gap(after: after, next: first.id)])
            watch.replayed()
        }
        // In pages, so that an archive of megabytes is not framed at once for a slow reader.
        var start = entries.startIndex
        while start < entries.endIndex {
            let end = min(start + 512, entries.endIndex)
            try await send(entries[start..<end].map(Self.frame))
            watch.replayed()
            start = end
        }
    }

    /// An event on the wire. Its id moves the point where the client resumes; nothing else in a stream has one.
    static func frame(_ entry: RunLogEntry) -> SSEFrame {
        SSEFrame(
            id: entry.id.description, event: RunEvent.type(ofPayload: entry.payload), data: String(decoding: entry.payload, as: UTF8.self))
    }

    /// Tells that events are gone which the client has not seen: what it puts together from here on is not the whole.
    static func gap(after: RunEventID?, next: RunEventID) -> SSEFrame {
        var json = JSONObjectWriter()
        json.member("type", "gap")
        json.member("after", ifPresent: after?.description)
        json.member("next", next.description)
        return SSEFrame(event: "gap", data: String(decoding: json.finish(), as: UTF8.self))
    }

    private static func isTerminal(_ frame: SSEFrame) -> Bool { frame.event.map(RunEvent.isTerminal) ?? false }
}
