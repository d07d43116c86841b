import Foundation
import Jobs
import Redis

/// What a log knows of the attempts before the one that claims it.
///
/// A log that is empty may be one that lost what it had. It is taken at its word only where it proves that it did not: the run was
/// announced to this very memory before any attempt could show something, and whatever is shown is noted in the same memory, in the
/// step that shows it. Everything else is `unknown`: the run was not announced, its meta is gone, its server was started again or is
/// another one. That is no guess about what happened, and whoever reads it must expect the worst.
enum RunLogFinding: Sendable, Equatable {
    /// Nothing was shown, and from here on none of those attempts shows anything.
    case nothing
    /// Something was; its events may be gone.
    case shown(last: RunEventID?, at: Date?)
    case unknown

    /// When the first event was in its worker's hands, where the log tells.
    var shownAt: Date? {
        if case .shown(_, let time) = self { time } else { nil }
    }
}

/// A run's life in the log before its first event, and between two attempts.
extension RunLog {
    enum Claimed: Sendable, Equatable {
        case claimed(RunLogFinding)
        case stale(owner: UInt64)
    }

    /// Makes a run known before its first event, so that its stream can be opened while it waits in its queue, and that its log can vouch
    /// for it. Not again for a request that is repeated; see ``RunLogScripts/announce``.
    func announce(_ identity: RunIdentity, asked: RunAsked? = nil, timeout: Duration? = nil) async throws {
        _ = try await redis.evaluate(
            RunLogScripts.announce, keys: [keys(identity.run).meta],
            arguments: [
                .string(identity.workspace.lowercased), .integer(Int(identity.acceptedAt)), .integer(policy.metaLifetime.wholeMilliseconds),
                .string(asked?.answering ?? ""), .string(asked?.previous?.lowercased ?? ""),
            ], timeout: timeout)
    }

    /// Makes the attempt of this epoch the owner of the log.
    func claim(_ identity: RunIdentity, epoch: UInt64) async throws -> Claimed {
        let keys = keys(identity.run)
        let reply = try await redis.evaluate(
            RunLogScripts.claim, keys: [keys.log, keys.meta],
            arguments: [
                .string(String(epoch)), .string(identity.workspace.lowercased), .integer(Int(identity.acceptedAt)),
                .integer(policy.metaLifetime.wholeMilliseconds),
            ])
        let (word, detail) = try Self.answer(reply, of: "run claim")
        switch word {
        case "stale": return .stale(owner: UInt64(detail) ?? .max)
        case "shown":
            let cells = reply.array ?? []
            return .claimed(.shown(last: RunEventID(detail), at: cells.count > 2 ? cells[2].string.flatMap(Self.time) : nil))
        case "nothing": return .claimed(.nothing)
        case "unknown": return .claimed(.unknown)
        default: throw RedisError(.protocol, "run claim answered \(word)", command: "EVALSHA")
        }
    }

    /// Microseconds since 1970, as the log keeps them; nil where nobody said when.
    private static func time(_ text: String) -> Date? {
        guard let microseconds = Int64(text), microseconds > 0 else { return nil }
        return Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}
