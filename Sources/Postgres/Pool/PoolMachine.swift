/// Who gets a connection, as a value. A pool has a fixed number of slots; a slot is empty, being opened, idle or leased.
///
/// ```
///            acquired            opened
///   empty ───────────▶ opening ─────────▶ leased ──returned──▶ idle ──acquired──▶ leased
///     ▲                   │                 │
///     └──────gaveUp───────┴──returned broken┘
/// ```
///
/// A caller that finds an empty slot opens the connection itself; a caller that finds none waits in line. A returned connection,
/// or the slot of a broken one, goes to the first in line, so nobody overtakes.
struct PoolMachine<Connection: Sendable> {
    typealias WaiterID = UInt64

    /// What a caller got.
    enum Grant: Sendable {
        case connection(Connection)
        /// An empty slot: open a connection, then report `opened` or `gaveUp`.
        case slot
    }

    enum Refusal: Error, Equatable { case closed, full(waiting: Int) }

    enum AcquireAction {
        case grant(Grant)
        case wait
        case refuse(Refusal)
    }

    enum ReturnAction {
        case grant(WaiterID, Grant)
        case park
        /// The pool is closed, or was left with more than it may keep.
        case close(Connection)
        case none
    }

    private(set) var idle: [Connection] = []
    private(set) var leased = 0
    private(set) var opening = 0
    private(set) var isClosed = false
    private(set) var failures = 0
    private var line = WaitingLine<WaiterID>()
    private let size: Int
    private let maximumWaiting: Int

    init(size: Int, maximumWaiting: Int) {
        self.size = max(1, size)
        self.maximumWaiting = max(0, maximumWaiting)
    }

    var open: Int { idle.count + leased }
    var waiting: Int { line.count }

    /// True once nothing is out any more.
    var isQuiet: Bool { leased == 0 && opening == 0 }

    /// A caller wants a connection. `.wait` puts it in line under its id.
    mutating func acquired(_ waiter: WaiterID) -> AcquireAction {
        if let grant = grantAtOnce() { return .grant(grant) }
        if isClosed { return .refuse(.closed) }
        guard line.count < maximumWaiting else { return .refuse(.full(waiting: line.count)) }
        line.append(waiter)
        return .wait
    }

    /// The same without getting in line; `nil` when the caller would have to wait or is to be refused.
    mutating func grantAtOnce() -> Grant? {
        guard !isClosed, line.isEmpty else { return nil }
        // The most recently used one first: its caches are warm, and what is not needed stays idle.
        if let connection = idle.popLast() {
            leased += 1
            return .connection(connection)
        }
        guard leased + opening < size else { return nil }
        opening += 1
        return .slot
    }

    /// A caller in line was cancelled or ran out of time. False when it was granted something meanwhile.
    mutating func abandoned(_ waiter: WaiterID) -> Bool { line.remove(waiter) }

    /// A leased connection comes back.
    mutating func returned(_ connection: Connection, usable: Bool) -> ReturnAction {
        leased -= 1
        if isClosed { return .close(connection) }
        guard usable else { return passSlot() }
        if let first = line.popFirst() {
            leased += 1
            return .grant(first, .connection(connection))
        }
        idle.append(connection)
        return .park
    }

    /// A leased connection turned out to be broken before it was used; its holder opens another in the same slot.
    mutating func replacing() {
        leased -= 1
        opening += 1
    }

    /// The slot's connection is open and leased to whoever opened it. False when the pool was closed meanwhile: the caller
    /// closes the connection and reports `gaveUp`.
    mutating func opened() -> Bool {
        failures = 0
        guard !isClosed else { return false }
        opening -= 1
        leased += 1
        return true
    }

    /// One attempt failed; the slot stays with its holder, who may try again after the pause.
    mutating func openingFailed(using generator: inout some RandomNumberGenerator) -> Duration {
        failures += 1
        return Backoff.pause(failures: failures, using: &generator)
    }

    /// The holder of a slot stopped trying; the next in line may try.
    mutating func gaveUp() -> ReturnAction {
        opening -= 1
        return isClosed ? .none : passSlot()
    }

    /// The server cannot be reached at all: nobody in line can be helped now. Returns who was in line, in order.
    mutating func unreachable() -> [WaiterID] { open == 0 ? line.removeAll() : [] }

    /// No more grants. Returns who was in line and what is idle.
    mutating func closed() -> (waiters: [WaiterID], connections: [Connection]) {
        isClosed = true
        defer { idle = [] }
        return (line.removeAll(), idle)
    }

    private mutating func passSlot() -> ReturnAction {
        guard let first = line.popFirst() else { return .none }
        opening += 1
        return .grant(first, .slot)
    }
}

extension PoolMachine.Grant: Equatable where Connection: Equatable {}
extension PoolMachine.AcquireAction: Equatable where Connection: Equatable {}
extension PoolMachine.ReturnAction: Equatable where Connection: Equatable {}
