/// Which statements a connection has prepared, and under which names. Pure: the connection sends what it is told and reports
/// back, for a preparation counts only once the server confirmed it (in a failed pipeline it is skipped).
struct StatementCache {
    /// The same text with other parameter types is another statement.
    struct Key: Hashable {
        let sql: SQL.Identity
        let types: [UInt32]

        init(_ statement: Statement) {
            sql = statement.sql.identity
            types = statement.parameters.types
        }
    }

    enum Action: Equatable {
        /// Prepared already.
        case use(name: String)
        /// Prepare first. `evicting` is deallocated before the trip's first statement, for the cache is full.
        case prepare(name: String, evicting: String?)
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
        var confirmed: Bool
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0
    private var tripStart: UInt64 = 0
    private var names: UInt64 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// A new trip begins; what it uses is not evicted before it ends.
    mutating func beginTrip() { tripStart = clock }

    /// The statement is about to be sent.
    mutating func plan(_ key: Key) -> Action {
        clock += 1
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = clock
            return .use(name: entries.values[index].name)
        }
        names += 1
        let name = "s\(names)"
        var evicted: String?
        if entries.count >= capacity, let oldest = oldestUnused() {
            evicted = entries.removeValue(forKey: oldest)?.name
        }
        entries[key] = Entry(name: name, lastUse: clock, confirmed: false)
        return .prepare(name: name, evicting: evicted)
    }

    /// Deallocations go out before the trip's statements, so nothing that the trip itself uses may be among them.
    private func oldestUnused() -> Key? {
        entries.filter { $0.value.confirmed && $0.value.lastUse <= tripStart }.min { $0.value.lastUse < $1.value.lastUse }?.key
    }

    /// The server prepared it.
    mutating func confirmed(_ key: Key) {
        entries[key]?.confirmed = true
    }

    /// The server did not prepare it, or no longer has it.
    mutating func forgotten(_ key: Key) {
        entries[key] = nil
    }
}
