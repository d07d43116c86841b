import Foundation
import Redis

/// A job as Redis holds it, without its body.
struct HeldJob: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        /// In a lane, and nobody has it yet.
        case ready
        /// In a lane, and in the hands of a worker.
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
        guard let header = Self.header(of: packed) else { return nil }
        self.init(header: header, place: place)
    }

    init?(header: [UInt8], place: Place) {
        guard let envelope = try? Envelope(header: header, body: []) else { return nil }
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

extension Queue {
    /// Everything that this partition holds, a page at a time.
    func held() -> HeldPages { HeldPages(queue: self) }
}

/// Reads a partition of a queue that goes on moving, in pages that stop nobody for long.
///
/// **A job that is held all the time is found**, by the pages or by `locate` after them, wherever it moves meanwhile:
///
/// 1. *Parked lists, from their tails to their heads.* They are taken from at the head and added to at the tail, so what is
///    unread only moves away from the tail. What leaves a list goes to a lane, which is read after them; and nothing that was held
///    comes into a list, for what leaves later goes to a lane or stays.
/// 2. *The lanes, each from its head to its tail.* What is added to one has a higher id than all there ever was, so at the end
///    every entry has been read that is there and was not added behind the end of a lane that was read before.
/// 3. *Later.* Whatever the pages missed went back and forth between the lanes and later, for nothing else is left. `locate`
///    looks at both in one step: at later by the job's id, at the lanes behind the last entries that were read.
///
/// A job may be shown more than once, where it moved from one place to the next.
struct HeldPages: Sendable {
    private enum Step: Sendable {
        case rings
        case parked
        case lane(Lane)
        case later(cursor: String)
        case ended
    }

    private struct Flow: Sendable {
        let priority: JobPriority
        let name: String
    }

    /// Entries of a page. Their bodies come along, so that the bound on bytes is this times the bound of a body.
    static let size = 500
    /// Jobs that one call of the script looks for, at 2 to 4 µs each.
    static let located = 250
    /// Pages by which the ready stream may outrun `locate`: then it grows faster than this process can read.
    static let chases = 200

    private let queue: Queue
    private var step = Step.rings
    /// Flows whose parked lists are unread, and how much of the last one's is read.
    private var flows: [Flow] = []
    private var parkedRead = 0
    private var lastDelivered: [Lane: EntryID] = [:]
    private var lastRead: [Lane: String] = [:]
    /// Entries that are no jobs.
    private(set) var unreadable = 0

    init(queue: Queue) {
        self.queue = queue
    }

    private var keys: QueueKeys { queue.keys }

    /// The next page, which may be empty; nil when all was read.
    mutating func next() async throws -> [HeldJob]? {
        switch step {
        case .rings:
            flows = try await parkedFlows()
            step = .parked
            return []
        case .parked:
            guard let flow = flows.last else {
                for lane in Lane.all { lastDelivered[lane] = try await delivered(in: lane) }
                step = .lane(Lane.all[0])
                return []
            }
            // Two words a job.
            let page = try await array(
                RedisCommand(
                    "LRANGE", .string(keys.parked(flow.priority, flow: flow.name)), .integer(-2 * (parkedRead + Self.size)),
                    .integer(-2 * parkedRead - 1)))
            parkedRead += Self.size
            if page.count < 2 * Self.size {
                flows.removeLast()
                parkedRead = 0
            }
            return stride(from: 0, to: page.count - 1, by: 2).compactMap { held(HeldJob(header: page[$0].bytes ?? [], place: .parked)) }
        case .lane(let lane):
            let page = try await array(
                RedisCommand("XRANGE", .string(keys.lane(lane)), .string(behindLast(in: lane)), "+", "COUNT", .integer(Self.size)))
            if page.count < Self.size { step = Lane.all.drop { $0 != lane }.dropFirst().first.map { .lane($0) } ?? .later(cursor: "0") }
            return entries(page, in: lane)
        case .later(let cursor):
            let reply = try await array(RedisCommand("HSCAN", .string(keys.laterJobs), .string(cursor), "COUNT", 100))
            guard reply.count == 2, let next = reply[0].string, let pairs = reply[1].array else {
                throw RedisError(.protocol, "HSCAN answered no cursor and page", command: "HSCAN")
            }
            step = next == "0" ? .ended : .later(cursor: next)
            return stride(from: 1, to: pairs.count, by: 2).compactMap { held(HeldJob(packed: pairs[$0].bytes ?? [], place: .later)) }
        case .ended:
            return nil
        }
    }

    /// Every flow with parked jobs: those in the rings, one word each, and those that wait for a gate. In pieces the rings could
    /// not be read: every refill turns them. A flow that moves between the two meanwhile is read twice, and misses nothing: what
    /// left its list is in a lane.
    private func parkedFlows() async throws -> [Flow] {
        var flows: [Flow] = []
        let commands =
            JobPriority.allCases.map { RedisCommand("LRANGE", .string(keys.ring($0)), 0, -1) }
            + [RedisCommand("ZRANGE", .string(keys.blocked), 0, -1)]
            + JobPriority.allCases.map { RedisCommand("LRANGE", .string(keys.ring($0)), 0, -1) }
        let replies = try await queue.client.pipeline(commands)
        for (index, reply) in replies.enumerated() {
            guard let names = reply.array else { throw RedisError(.protocol, "the reply is no array", command: commands[index].name) }
            for name in names.compactMap(\.string) {
                if index == JobPriority.allCases.count {
                    let words = name.split(separator: " ", maxSplits: 1)
                    guard words.count == 2, let priority = JobPriority(rawValue: String(words[0])) else { continue }
                    flows.append(Flow(priority: priority, name: String(words[1])))
                } else {
                    flows.append(Flow(priority: JobPriority.allCases[index % (JobPriority.allCases.count + 1)], name: name))
                }
            }
        }
        var known: Set<String> = []
        return flows.filter { known.insert($0.priority.rawValue + $0.name).inserted }
    }

    /// Which of `jobs`, that no page showed, wait in later at one moment, and what had come to the lanes by then. At most
    /// `located` jobs a call.
    /// - Throws: `JobError(.tooSlow)` when the lanes grow faster than they can be read: then nothing is known.
    mutating func locate(_ jobs: [UUID]) async throws -> (moved: [HeldJob], later: Set<UUID>) {
        var moved: [HeldJob] = []
        for _ in 0..<Self.chases {
            let reply = try await queue.call(
                QueueScripts.locate,
                [.integer(Self.size)] + Lane.all.map { .string(behindLast(in: $0)) } + jobs.map { .string($0.lowercased) })
            guard let words = reply.array, words.count == 2, let tails = words[0].array, tails.count == Lane.all.count,
                let flags = words[1].array, flags.count == jobs.count
            else {
                throw RedisError(.protocol, "locate.lua answered something else", command: "EVALSHA")
            }
            var isFull = false
            for (lane, tail) in zip(Lane.all, tails) {
                let tail = tail.array ?? []
                moved += entries(tail, in: lane)
                if tail.count >= Self.size { isFull = true }
            }
            if !isFull { return (moved, Set(zip(jobs, flags).filter { $0.1.integer == 1 }.map(\.0))) }
        }
        throw JobError(.tooSlow, subject: queue.partition.description, message: "its lanes grow faster than they can be read")
    }

    private func behindLast(in lane: Lane) -> String { lastRead[lane].map { "(" + $0 } ?? "-" }

    private func array(_ command: RedisCommand) async throws -> [RedisValue] {
        let reply = try await queue.client.send(command)
        guard let array = reply.array else { throw RedisError(.protocol, "the reply is no array", command: command.name) }
        return array
    }

    private mutating func held(_ job: HeldJob?) -> HeldJob? {
        if job == nil { unreadable += 1 }
        return job
    }

    private mutating func entries(_ items: [RedisValue], in lane: Lane) -> [HeldJob] {
        if let last = items.last?.array?.first?.string { lastRead[lane] = last }
        var found = ReadEntries()
        found.add(items, from: lane)
        unreadable += found.unreadable.count
        return found.entries.map { entry in
            var place = HeldJob.Place.ready
            // Acknowledged entries are deleted: what was delivered and is still there is in somebody's hands.
            if let last = lastDelivered[lane], let id = EntryID(entry.key.id), id <= last { place = .running }
            return HeldJob(id: entry.envelope.id, workspace: entry.envelope.workspace, kind: entry.envelope.kind, place: place)
        }
    }

    /// The last entry of a lane that the workers were given; nil where there is no stream, or no group yet.
    private func delivered(in lane: Lane) async throws -> EntryID? {
        switch try await queue.client.pipeline([RedisCommand("XINFO", "GROUPS", .string(keys.lane(lane)))]).first {
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
