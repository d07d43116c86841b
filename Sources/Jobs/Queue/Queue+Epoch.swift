import Foundation
import Redis

/// What Redis shows in the place of a partition's epoch.
struct ShownEpoch: Sendable, Equatable {
    /// As `Queue.epoch()` tells it.
    let name: String?
    /// Of a mark, the time since it was set, by the server's clock; nil for what is no mark.
    let age: Duration?
}

extension Queue {
    /// The identity that the relay gave this partition's data; nil when Redis holds none, as after a flush, and `moved:<epoch>` when it
    /// was given on another server, whose last writes this one may lack: a replica took over, or the server came back from its log.
    func epoch() async throws -> String? { try await shownEpoch().name }

    /// The epoch, and the age of a mark that stands in its place.
    func shownEpoch() async throws -> ShownEpoch {
        let reply = try await client.evaluate(QueueScripts.epoch, keys: [keys.epoch], arguments: [.integer(clockOffset.milliseconds)])
        guard let words = reply.array, let name = words.first?.string else {
            throw RedisError(.protocol, "epoch.lua answered \(reply)", command: "EVALSHA")
        }
        let age = words.count > 1 ? words[1].integer : nil
        return ShownEpoch(name: name == "" ? nil : name, age: age.map { Duration.milliseconds($0) })
    }

    /// Sets the epoch only where it still is `seen`. Of a mark the server writes the time, and compares the rest.
    /// - Parameter new: nil to leave none.
    func setEpoch(_ new: String?, seen: String?, timeout: Duration? = nil) async throws -> Bool {
        try await client.evaluate(
            QueueScripts.epoch, keys: [keys.epoch],
            arguments: [.integer(clockOffset.milliseconds), .string(seen ?? ""), .string(new ?? "")], timeout: timeout
        ).integer == 1
    }
}
