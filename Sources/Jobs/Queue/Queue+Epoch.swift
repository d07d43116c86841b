import Foundation
import Redis

extension Queue {
    /// The identity that the relay gave this partition's data; nil when Redis holds none, as after a flush, and `moved:<epoch>` when it
    /// was given on another server, whose last writes this one may lack: a replica took over, or the server came back from its log.
    func epoch() async throws -> String? {
        let epoch = try await client.evaluate(QueueScripts.epoch, keys: [keys.epoch], arguments: []).string
        return epoch == "" ? nil : epoch
    }

    /// Sets the epoch only where it still is `seen`.
    func setEpoch(_ new: String, seen: String?) async throws -> Bool {
        try await client.evaluate(QueueScripts.epoch, keys: [keys.epoch], arguments: [.string(seen ?? ""), .string(new)]).integer == 1
    }
}
