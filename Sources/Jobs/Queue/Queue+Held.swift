import Foundation
import Redis

/// A job as Redis holds it, without its body.
struct HeldJob: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        /// In the ready stream, and nobody has it yet.
        case ready
        /// In the ready stream, and in the hands of a worker.
        case running
        case parked
        case later
    }

    let id: UUID
    let workspace: UUID
    let kind: String
    let place: Place

    init(id: UUID, workspace: UUID, kind: String, place: Place) {
        self.id = id
        self.workspace = workspace
        self.kind = kind
        self.place = place
    }

    /// Reads `cmsgpack.pack(header, body)` and leaves the body packed. Nil for what holds no header.
    init?(packed: [UInt8], place: Place) {
        guard let header = Self.header(of: packed), let envelope = try? Envelope(header: header, body: []) else { return nil }
        self.init(id: envelope.id, workspace: envelope.workspace, kind: envelope.kind, place: place)
    }

    /// The first string of the pack, which its first byte, or one or two more, give the length of.
    private static func header(of packed: [UInt8]) -> [UInt8]? {
        func string(at start: Int, length: Int) -> [UInt8]? {
            packed.count >= start + length ? Array(packed[start..<start + length]) : nil
        }
        switch packed.first {
        case .some(let byte) where byte >= 0xa0 && byte <= 0xbf: return string(at: 1, length: Int(byte & 0x1f))
        case .some(0xd9) where packed.count > 1: return string(at: 2, length: Int(packed[1]))
        case .some(0xda) where packed.count > 2: return string(at: 3, length: Int(packed[1]) << 8 | Int(packed[2]))
        default: return nil
        }
    }
}

extension QueueScripts {
    static let locate = RedisScript(name: "locate", source: String(decoding: PackageResources.locate_lua, as: UTF8.self))
}

extension Queue {
    /// Everything that this partition holds, a page at a time.
    func held() -> HeldPages { HeldPages(queue: self) }
}

/// Reads a partition of a queue that goes on moving, in pages that stop nobody for long.
///
/// **A job that is held all the time is found**, by the pages or by `locate` after them, wherever it moves meanwhile:
///
/// 1. *Parked lists, from their tails to their heads.* They are taken from at the head and added to at the tail, so what is
///    unread only moves away from the tail. What leaves a list goes to the ready stream, which is read after them.
/// 2. *The ready stream, from its head to its tail.* What is added has a higher id than all there ever was, so at the end
///    every entry has been read that is there.
/// 3. *Later.* Whatever the pages missed went back and forth between the ready stream and later, for nothing else is left.
///    `locate` looks at both in one step: at later by the job's id, at the stream behind the last entry that was read.
///
/// A job may be shown more than once, where it moved from one place to the next.
struct HeldPages: Sendable {
    private enum Step: Sendable {
        case ring
        case parked
        case ready
        case later(cursor: String)
        case ended
    }

    /// Entries of a page. Their bodies come along, so that the bound on bytes is this times the bound of a body.
    static let size = 500
    /// Jobs that one call of the script looks for, at 2 to 4 µs each.
    static let located = 250
    /// Pages by which the ready stream may outrun `locate`: then it grows faster than this process can read.
    static let chases = 200

    private let queue: Queue
    private var step = Step.ring
    /// Workspaces whose parked lists are unread, and how much of the last one's is read.
    private var workspaces: [String] = []
    private var parkedRead = 0
    private var lastDelivered: EntryID?
    private var lastReady: String?
    /// Entries that are no jobs.
    private(set) var unreadable = 0

    init(queue: Queue) {
        self.queue = queue
    }

    private var keys: QueueKeys { queue.keys }

    /// The next page, which may be empty; nil when all was read.
    mutating func next() async throws -> [HeldJob]? {
        switch step {
        case .ring:
            // One word a workspace. In pieces it could not be read: every refill turns it.
            workspaces = try await array(RedisCommand("LRANGE", .string(keys.parked), 0, -1)).compactMap(\.string)
            step = .parked
            return []
        case .parked:
            guard let workspace = workspaces.last else {
                lastDelivered = try await delivered()
                step = .ready
                return []
            }
            let page = try await array(
                RedisCommand(
                    "LRANGE", .string("\(keys.parked):\(workspace)"), .integer(-parkedRead - Self.size), .integer(-parkedRead - 1)))
            parkedRead += Self.size
            if page.count < Self.size {
                workspaces.removeLast()
                parkedRead = 0
            }
            return page.compactMap { packed($0, .parked) }
        case .ready:
            let page = try await array(RedisCommand("XRANGE", .string(keys.ready), .string(behindLast), "+", "COUNT", .integer(Self.size)))
            if page.count < Self.size { step = .later(cursor: "0") }
            return entries(page)
        case .later(let cursor):
            let reply = try await array(RedisCommand("HSCAN", .string(keys.laterJobs), .string(cursor), "COUNT", 100))
            guard reply.count == 2, let next = reply[0].string, let pairs = reply[1].array else {
                throw RedisError(.protocol, "HSCAN answered no cursor and page", command: "HSCAN")
            }
            step = next == "0" ? .ended : .later(cursor: next)
            return stride(from: 1, to: pairs.count, by: 2).compactMap { packed(pairs[$0], .later) }
        case .ended:
            return nil
        }
    }

    /// Which of `jobs`, that no page showed, wait in later at one moment, and what had come to the ready stream by then. At
    /// most `located` jobs a call.
    /// - Throws: `JobError(.tooSlow)` when the stream grows faster than it can be read: then nothing is known.
    mutating func locate(_ jobs: [UUID]) async throws -> (moved: [HeldJob], later: Set<UUID>) {
        var moved: [HeldJob] = []
        for _ in 0..<Self.chases {
            let reply = try await queue.client.evaluate(
                QueueScripts.locate, keys: [keys.ready, keys.laterJobs],
                arguments: [.string(behindLast), .integer(Self.size)] + jobs.map { RedisArgument.string($0.lowercased) })
            guard let words = reply.array, words.count == 2, let tail = words[0].array, let flags = words[1].array, flags.count == jobs.count else {
                throw RedisError(.protocol, "locate.lua answered something else", command: "EVALSHA")
            }
            moved += entries(tail)
            if tail.count < Self.size { return (moved, Set(zip(jobs, flags).filter { $0.1.integer == 1 }.map(\.0))) }
        }
        throw JobError(.tooSlow, subject: queue.partition.description, message: "its ready stream grows faster than it can be read")
    }

    private var behindLast: String { lastReady.map { "(" + $0 } ?? "-" }

    private func array(_ command: RedisCommand) async throws -> [RedisValue] {
        let reply = try await queue.client.send(command)
        guard let array = reply.array else { throw RedisError(.protocol, "the reply is no array", command: command.name) }
        return array
    }

    private mutating func packed(_ value: RedisValue, _ place: HeldJob.Place) -> HeldJob? {
        guard let job = value.bytes.flatMap({ HeldJob(packed: $0, place: place) }) else {
            unreadable += 1
            return nil
        }
        return job
    }

    private mutating func entries(_ items: [RedisValue]) -> [HeldJob] {
        if let last = items.last?.array?.first?.string { lastReady = last }
        let (entries, faulty) = Entry.read(items: items)
        unreadable += faulty.count
        return entries.map { entry in
            var place = HeldJob.Place.ready
            // Acknowledged entries are deleted: what was delivered and is still there is in somebody's hands.
            if let lastDelivered, let id = EntryID(entry.id), id <= lastDelivered { place = .running }
            return HeldJob(id: entry.envelope.id, workspace: entry.envelope.workspace, kind: entry.envelope.kind, place: place)
        }
    }

    /// The last entry that the workers were given; nil where there is no stream, or no group yet.
    private func delivered() async throws -> EntryID? {
        switch try await queue.client.pipeline([RedisCommand("XINFO", "GROUPS", .string(keys.ready))]).first {
        case .array(let groups)?:
            for group in groups {
                let words = group.array ?? []
                var facts: [String: String] = [:]
                for index in stride(from: 0, to: words.count - 1, by: 2) {
                    if let name = words[index].string { facts[name] = words[index + 1].string }
                }
                if facts["name"] == QueueKeys.group { return facts["last-delivered-id"].flatMap { EntryID($0) } }
            }
            return nil
        case .error(let text)?:
            if text.contains("no such key") { return nil }
            throw RedisError(serverReply: text, command: "XINFO")
        default:
            throw RedisError(.protocol, "the reply is no array", command: "XINFO")
        }
    }
}

/// The id of a stream's entry, `<ms>-<number>`, in the order of the stream.
private struct EntryID: Comparable, Sendable {
    let milliseconds: UInt64
    let number: UInt64

    init?(_ text: String) {
        let words = text.split(separator: "-")
        guard words.count == 2, let milliseconds = UInt64(words[0]), let number = UInt64(words[1]) else { return nil }
        self.milliseconds = milliseconds
        self.number = number
    }

    static func < (left: EntryID, right: EntryID) -> Bool {
        (left.milliseconds, left.number) < (right.milliseconds, right.number)
    }
}
