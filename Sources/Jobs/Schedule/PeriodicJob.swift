import Crypto
public import Foundation

/// A job that comes again and again, at the ticks of a schedule.
///
/// ```swift
/// try PeriodicJob(name: "support.daily-digest", cron: "0 6 * * MON-FRI", in: berlin, workspace: workspace) { tick in
///     SendDigest(day: tick)
/// }
/// ```
///
/// It is part of the program, and every worker has it; a `Ticker` sees to it that each tick becomes one job in the whole fleet.
public struct PeriodicJob: Sendable {
    /// Its identity in the fleet and for ever: a schedule under a new name is a new one, which starts then. Up to 100
    /// characters, dotted and lower-case, beginning with the feature: `support.daily-digest`.
    public let name: String
    public let calendar: CronCalendar
    /// Whose job each tick becomes.
    public let workspace: UUID
    public let kind: JobKind
    public let missed: MissedTicks
    private let encode: @Sendable (Date) throws -> [UInt8]

    /// - Parameters:
    ///   - missed: one run for whatever was missed, by default: nobody wants a night without its report because of a
    ///     deployment at midnight.
    ///   - payload: makes the payload of a tick from its date. It should depend on nothing else, for it may be asked twice; when
    ///     it throws, the tick waits and is tried again as its policy allows.
    /// - Throws: `CronError`.
    public init<Payload: JobPayload>(
        name: String, cron: String, in zone: TimeZone = .gmt, workspace: UUID, missed: MissedTicks = .runOnce,
        payload: @escaping @Sendable (_ tick: Date) throws -> Payload
    ) throws(CronError) {
        precondition((1...100).contains(name.unicodeScalars.count), "the name of a schedule has 1 to 100 characters: \(name)")
        self.name = name
        calendar = CronCalendar(try CronExpression(cron), in: zone)
        self.workspace = workspace
        kind = Payload.kind
        self.missed = missed
        encode = { tick in
            let encoder = JSONEncoder()
            // The same tick has the same body, whichever worker encodes it.
            encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
            return Array(try encoder.encode(try payload(tick)))
        }
    }

    func body(of tick: Date) throws -> [UInt8] { try encode(tick) }

    /// The job that a tick is, on whichever worker and however often it is accepted. Its first 48 bits are the tick's time, so
    /// that it lies in the tick's day.
    func id(of tick: Date) -> UUID {
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (index, byte) in SHA256.hash(data: Array(name.utf8)).prefix(16).enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        let milliseconds = UInt64(clamping: Int64(tick.timeIntervalSince1970 * 1000)) & 0xffff_ffff_ffff
        return .derived(from: UUID(high: milliseconds << 16 | high & 0x0fff, low: low), step: UInt64(milliseconds / 1000))
    }

    /// Under what each store of acceptance remembers that this tick was accepted. It holds a blank, which no producer's key
    /// can: nobody outside can take it.
    func idempotency(of tick: Date) -> Idempotency {
        let key = "schedule \(name) \(Int64(tick.timeIntervalSince1970))"
        return Idempotency(key: key, digest: Array(SHA256.hash(data: Array(key.utf8))))
    }
}
