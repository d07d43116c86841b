import Foundation
import Redis

/// Reads the notes of acceptance, `…:accepted:<job>`, in pages: what Redis says was accepted of stream kinds and is not finished.
///
/// One script writes a note with its job's entry, another removes it with the acknowledgement. So whose note is there, is held.
/// SCAN passes over all keys of the server, of whomever they are: linear in them, and nobody waits for it. Of a cluster each primary
/// is read in turn; what moves from one to another meanwhile may be shown twice or missed.
struct NotePages: Sendable {
    struct Note: Sendable, Hashable {
        let partition: QueuePartition
        let job: JobName
    }

    /// Keys that one step passes over.
    static let size = 1000

    private let client: RedisClient
    private let prefix: String
    private let pattern: String
    private var cursor = "0"
    /// Servers that are not read to their end; nil before the first page.
    private var unread: [RedisNode]?

    /// - Parameter queue: nil for all.
    init(client: RedisClient, prefix: String, queue: String?) {
        self.client = client
        self.prefix = prefix
        self.pattern = "\(Self.literal(prefix)):{\(queue.map(Self.literal) ?? "*")/*}:accepted:*"
    }

    /// The next page, which may be empty and may repeat a note; nil when all was read.
    mutating func next() async throws -> [Note]? {
        let nodes: [RedisNode]
        if let unread { nodes = unread } else { nodes = try await client.nodes() }
        unread = nodes
        guard let node = nodes.last else { return nil }
        let reply = try await node.send(RedisCommand("SCAN", .string(cursor), "MATCH", .string(pattern), "COUNT", .integer(Self.size)))
        guard let words = reply.array, words.count == 2, let next = words[0].string, let names = words[1].array else {
            throw RedisError(.protocol, "SCAN answered no cursor and page", command: "SCAN")
        }
        cursor = next
        if next == "0" { unread?.removeLast() }
        let keys = names.compactMap { $0.string.flatMap { NoteKey($0, prefix: prefix) } }
        let notes = try await client.pipeline(keys.map { RedisCommand("GET", .string($0.text)) })
        if case .error(let text)? = notes.first(where: \.isError) { throw RedisError(serverReply: text, command: "GET") }
        return zip(keys, notes).compactMap { key, note -> Note? in
            // A note that is gone by now is that of a job that ended meanwhile.
            guard let word = note.string?.split(separator: " ").first, let workspace = UUID(uuidString: String(word)) else { return nil }
            return Note(partition: key.partition, job: JobName(workspace: workspace, id: key.job))
        }
    }

    /// A text that means itself in a pattern.
    private static func literal(_ text: String) -> String {
        text.reduce(into: "") { pattern, character in
            if "*?[]\\^".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
    }
}

extension Queue {
    /// Which of `jobs` have the note of their acceptance. At most 1,000 a call.
    func noted(_ jobs: [UUID]) async throws -> Set<UUID> {
        let replies = try await client.pipeline(jobs.map { RedisCommand("EXISTS", .string(keys.accepted($0.lowercased))) })
        if case .error(let text)? = replies.first(where: \.isError) { throw RedisError(serverReply: text, command: "EXISTS") }
        return Set(zip(jobs, replies).filter { $0.1.integer == 1 }.map(\.0))
    }
}

extension RedisValue {
    fileprivate var isError: Bool { if case .error = self { true } else { false } }
}

/// `QueueKeys.accepted`, read back.
struct NoteKey: Sendable, Equatable {
    let text: String
    let partition: QueuePartition
    let job: UUID

    /// Nil for any other key.
    init?(_ text: String, prefix: String) {
        guard let job = UUID(uuidString: String(text.suffix(36))), let start = text.lastIndex(of: "{"), let end = text.lastIndex(of: "}"),
            start < end
        else { return nil }
        let tag = text[text.index(after: start)..<end]
        guard let slash = tag.lastIndex(of: "/"), let index = Int(tag[tag.index(after: slash)...]) else { return nil }
        let partition = QueuePartition(queue: String(tag[..<slash]), index: index)
        guard QueueKeys(prefix: prefix, partition: partition).accepted(job.lowercased) == text else { return nil }
        self.text = text
        self.partition = partition
        self.job = job
    }
}
