import Foundation
import TestSupport
import Testing

@testable import Workspaces

@Suite("The maintenance signal")
struct PluginsMaintenanceTests {
    private static let now = Date(timeIntervalSince1970: 1_780_000_000)
    private static func ago(_ days: Double) -> Date { now.addingTimeInterval(-days * 86_400) }

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let facts: Maintenance.Facts
        let signal: MaintenanceSignal
        /// Days from now; nil for never.
        let staleIn: Double?
        let reason: String
        var testDescription: String { what }
    }

    private static func facts(
        gone: Double? = nil, lines: Set<PluginLine>? = [.v1], updated: Double? = nil, seen: Double = 400
    ) -> Maintenance.Facts {
        .init(goneAt: gone.map(ago), lines: lines, lastUpdatedAt: updated.map(ago), firstSeenAt: ago(seen))
    }

    static let cases: [Case] = [
        Case(what: "gone, whatever else", facts: facts(gone: 3, updated: 4), signal: .gone, staleIn: nil, reason: "since 2026-05-25"),
        Case(what: "the registry does not say", facts: facts(lines: nil, updated: 1), signal: .unknown, staleIn: nil, reason: "does not say"),
        Case(what: "no line", facts: facts(lines: [], updated: 1), signal: .stale, staleIn: nil, reason: "supports no line"),
        Case(what: "updated today", facts: facts(updated: 0), signal: .maintained, staleIn: 180, reason: "supports v1 and was updated on 2026-05-28"),
        Case(what: "updated 179 days ago", facts: facts(updated: 179), signal: .maintained, staleIn: 1, reason: "updated on 2025-11-30"),
        Case(what: "updated 180 days ago", facts: facts(updated: 180), signal: .stale, staleIn: nil, reason: "last update was on 2025-11-29"),
        Case(
            what: "never seen to change, first seen 180 days ago", facts: facts(seen: 180), signal: .stale, staleIn: nil,
            reason: "unchanged since it was first seen on 2025-11-29"),
        Case(
            what: "never seen to change, first seen 10 days ago", facts: facts(lines: [.v2, .v0], seen: 10), signal: .unknown, staleIn: 170,
            reason: "it supports v0, v2; nobody has seen it change"),
    ]

    @Test("the rules in the order of their table", arguments: cases)
    func rules(_ given: Case) {
        let judged = Maintenance(given.facts, at: Self.now)
        #expect(judged.signal == given.signal)
        #expect(judged.reason.contains(given.reason), "\(judged.reason)")
        #expect(judged.staleFrom == given.staleIn.map { Self.now.addingTimeInterval($0 * 86_400) })
    }

    @Test("until the moment that is named the signal stays, and from then on it is stale", arguments: [1, 2, 3] as [UInt64])
    func time(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let lines: [Set<PluginLine>?] = [nil, [], [.v0], [.v1, .v2]]
            let given = Self.facts(
                gone: Bool.random(using: &random) ? nil : 1, lines: lines.randomElement(using: &random)!,
                updated: Bool.random(using: &random) ? nil : Double.random(in: 0...400, using: &random), seen: .random(in: 0...400, using: &random))
            let judged = Maintenance(given, at: Self.now)
            let later = Self.now.addingTimeInterval(.random(in: 0...1000 * 86_400, using: &random))
            let then = Maintenance(given, at: later)
            if let staleFrom = judged.staleFrom, later >= staleFrom {
                #expect(then.signal == .stale && then.staleFrom == nil, "\(given), seed \(seed)")
            } else {
                #expect(then == judged, "\(given), seed \(seed)")
            }
        }
    }
}
