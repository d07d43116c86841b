import TestSupport

/// The time that all servers and processes share.
final class VirtualClock {
    /// Milliseconds since the history began.
    var now = 0
}

/// What happened, line by line; only where somebody wants to read it, for the words cost more than the steps.
final class HistoryLog {
    let isRecorded: Bool
    private(set) var lines: [String] = []
    private let clock: VirtualClock

    init(clock: VirtualClock, isRecorded: Bool) {
        self.clock = clock
        self.isRecorded = isRecorded
    }

    func note(_ line: @autoclosure () -> String) {
        guard isRecorded else { return }
        lines.append("\(String(repeating: " ", count: max(0, 6 - String(clock.now).count)))\(clock.now) ms  \(line())")
    }
}

/// Everything between a process and a server. A call is executed and answered in one step, or it goes wrong in one of the
/// ways in which calls do: not executed; executed, and the answer lost; given up by the caller and executed later all the same.
final class ModelNetwork {
    private enum Fate: String {
        case answered = ""
        case refused = ": not executed"
        case unanswered = ": executed, the answer is lost"
        case late = ": no answer, and it will be executed later"
    }

    private struct LateCall {
        let due: Int
        let isRedis: Bool
        let execute: () -> Void
    }

    let redisServer: ModelRedis
    let postgresServer: ModelPostgres
    var faultsPerMille = 0
    /// Until then nobody reaches the server.
    var redisIsBackAt = 0
    var postgresIsBackAt = 0
    private let clock: VirtualClock
    private let log: HistoryLog
    private var random: SplitMix64
    private var late: [LateCall] = []

    init(redis: ModelRedis, postgres: ModelPostgres, clock: VirtualClock, log: HistoryLog, seed: UInt64) {
        redisServer = redis
        postgresServer = postgres
        self.clock = clock
        self.log = log
        random = SplitMix64(seed: seed ^ 0x9e7)
    }

    /// - Parameter faults: in a thousand, where this call fails more often than others.
    /// - Returns: nil without an answer: nobody knows whether it was executed.
    func redis<R>(_ what: @autoclosure () -> String, faults: Int = 0, _ execute: @escaping (ModelRedis) -> R) -> R? {
        let fate = clock.now < redisIsBackAt ? Fate.refused : fate(max(faults, faultsPerMille))
        if fate != .answered { log.note("\(what())\(fate.rawValue)") }
        switch fate {
        case .refused: return nil
        case .late:
            late.append(
                LateCall(due: clock.now + random.within(20...SimulatedTime.lease * 2), isRedis: true) { [redisServer] in _ = execute(redisServer) })
            return nil
        case .answered, .unanswered:
            let reply = execute(redisServer)
            guard fate == .answered else { return nil }
            log.note("\(what()) → \(reply)")
            return reply
        }
    }

    /// The same for what has no reply of interest.
    func redisDid(_ what: @autoclosure () -> String, _ execute: @escaping (ModelRedis) -> Void) -> Bool { redis(what(), execute) != nil }

    /// - Throws: `.unavailable` without an answer; what the transaction itself throws.
    /// - Parameter onRefusal: what the server does by itself where the transaction did not come to its end.
    func postgres<R>(
        _ what: @autoclosure () -> String, onRefusal: () -> Void = {}, _ execute: @escaping (ModelPostgres) throws(StoreFault) -> R
    ) throws(StoreFault) -> R {
        let fate = clock.now < postgresIsBackAt ? Fate.refused : fate(faultsPerMille)
        if fate != .answered { log.note("\(what())\(fate.rawValue)") }
        switch fate {
        case .refused:
            onRefusal()
            throw .unavailable
        case .late:
            late.append(
                LateCall(due: clock.now + random.within(20...SimulatedTime.lease * 2), isRedis: false) { [postgresServer] in
                    _ = try? execute(postgresServer)
                })
            throw .unavailable
        case .answered, .unanswered:
            let reply: R
            do throws(StoreFault) {
                reply = try execute(postgresServer)
            } catch {
                log.note("\(what()) → \(error)")
                throw fate == .answered ? error : .unavailable
            }
            guard fate == .answered else { throw .unavailable }
            log.note("\(what()) → \(reply)")
            return reply
        }
    }

    /// The same for a transaction that nothing but an absent server can stop.
    /// - Returns: nil without an answer.
    func ask<R>(_ what: @autoclosure () -> String, _ execute: @escaping (ModelPostgres) -> R) -> R? {
        try? postgres(what()) { postgres throws(StoreFault) in execute(postgres) }
    }

    private func fate(_ perMille: Int) -> Fate {
        guard perMille > 0, random.happens(perMille) else { return .answered }
        switch random.below(3) {
        case 0: return .refused
        case 1: return .unanswered
        default: return .late
        }
    }

    // MARK: Late calls

    /// When the next one is executed.
    var nextLateCall: Int { late.map(\.due).min() ?? .max }

    func executeLateCalls() {
        let due = late.filter { $0.due <= clock.now }
        late.removeAll { $0.due <= clock.now }
        for call in due {
            log.note("a late call is executed")
            redisServer.audit.happened(.executedLate)
            call.execute()
        }
    }

    /// A server that is started again knows nothing of what was under way to it.
    func dropLateCalls(toRedis isRedis: Bool) { late.removeAll { $0.isRedis == isRedis } }
}
