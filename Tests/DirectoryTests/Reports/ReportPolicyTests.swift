import Foundation
import TestSupport
import Testing

@testable import Directory

@Suite("When reports alone quarantine an agent")
struct ReportPolicyTests {
    typealias Filing = ReportPolicy.Filing

    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    /// A report by a workspace of this number.
    private static func known(_ number: Int, _ reason: ReportReason, after seconds: TimeInterval = 0) -> Filing {
        Filing(reporter: Array("workspace \(number)".utf8), isIdentified: true, reason: reason, at: start.addingTimeInterval(seconds))
    }

    /// A report by an address of this number.
    private static func unknown(_ number: Int, _ reason: ReportReason, after seconds: TimeInterval = 0) -> Filing {
        Filing(reporter: Array("address \(number)".utf8), isIdentified: false, reason: reason, at: start.addingTimeInterval(seconds))
    }

    @Test("the examples of the policy's own table")
    func table() {
        let policy = ReportPolicy.standard
        let cases: [(filings: [Filing], score: Double, verdict: ReportPolicy.Verdict)] = [
            ([], 0, .none),
            ((1...3).map { Self.known($0, .malware) }, 27, .quarantine(.malware)),
            ((1...2).map { Self.known($0, .malware) }, 18, .none),
            ((1...8).map { Self.unknown($0, .malware, after: Double($0) * 3601) }, 24, .quarantine(.malware)),
            ((1...8).map { Self.unknown($0, .malware, after: Double($0) * 60) }, 0, .alert),
            ((1...5).map { Self.unknown($0, .malware) }, 15, .none),
            ((1...6).map { Self.unknown($0, .malware) }, 0, .none),
            ((1...500).map { Self.unknown($0, .notWorking) }, 0, .none),
            ((1...500).map { Self.known($0, .notWorking) }, 0, .none),
        ]
        for (filings, score, verdict) in cases {
            #expect(policy.assess(filings) == ReportPolicy.Assessment(score: score, verdict: verdict), "\(filings.count) reports, \(verdict)")
        }
    }

    @Test("everybody counts once, with the gravest of its reasons, and the ground is what weighs most")
    func voices() {
        let policy = ReportPolicy.standard
        let one = ReportReason.allCases.map { Self.known(1, $0) }
        #expect(policy.assess(one) == ReportPolicy.Assessment(score: 9, verdict: .none))
        let mixed = [Self.known(1, .leakedSecret), Self.known(2, .leakedSecret), Self.known(3, .malware), Self.known(3, .other)]
        #expect(policy.assess(mixed) == ReportPolicy.Assessment(score: 27, verdict: .quarantine(.leakedSecret)))
    }

    @Test("who shows a token is believed whatever burst of others comes with it")
    func mixed() {
        let burst = (1...50).map { Self.unknown($0, .malware) }
        #expect(ReportPolicy.standard.assess(burst + [Self.known(1, .malware)]).verdict == .alert, "one token does not vouch for a burst")
        #expect(ReportPolicy.standard.assess(burst + (1...3).map { Self.known($0, .malware) }).verdict == .quarantine(.malware))
    }

    @Test("a burst that is long over does not come to count")
    func longOver() {
        let burst = (1...50).map { Self.unknown($0, .malware) }
        let later = (51...53).map { Self.unknown($0, .malware, after: Double($0) * 1000) }
        #expect(ReportPolicy.standard.assess(burst + later) == ReportPolicy.Assessment(score: 9, verdict: .alert))
        let nextDay = (51...53).map { Self.unknown($0, .malware, after: 86_400 + Double($0) * 3700) }
        #expect(ReportPolicy.standard.assess(burst + nextDay) == ReportPolicy.Assessment(score: 9, verdict: .none), "yesterday's are heard no more")
    }

    @Test("whoever reports day after day from one address is one voice a day, and never a crowd")
    func dayAfterDay() {
        let days = (0..<30).map { Self.unknown($0, .malware, after: Double($0) * 86_401) }
        #expect(ReportPolicy.standard.assess(days).verdict == .none)
    }

    @Test("the numbers that ship keep what the policy promises; others can be told that they do not")
    func soundness() {
        #expect(ReportPolicy.standard.isSound)
        #expect(ReportReason.allCases.allSatisfy { ReportPolicy.standard.weights[$0] != nil })
        var lax = ReportPolicy.standard
        lax.burstLimit = 8
        #expect(!lax.isSound)
        lax = .standard
        lax.minimumReporters = 1
        #expect(!lax.isSound)
    }

    /// Policies and reports of all kinds, the same for each seed.
    private static func sample(_ generator: inout SplitMix64) -> (policy: ReportPolicy, filings: [Filing]) {
        var policy = ReportPolicy()
        repeat {
            for reason in ReportReason.allCases { policy.weights[reason] = Double(Int.random(in: 0...6, using: &generator)) / 2 }
            policy.identifiedFactor = Double(Int.random(in: 2...8, using: &generator)) / 2
            policy.threshold = Double(Int.random(in: 4...40, using: &generator))
            policy.minimumReporters = Int.random(in: 2...5, using: &generator)
            policy.burstLimit = Int.random(in: 1...8, using: &generator)
        } while !policy.isSound
        let spans: [Double] = [600, 3600, 86_400]
        let span = spans.randomElement(using: &generator) ?? 600
        let filings = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
            let reason = ReportReason.allCases.randomElement(using: &generator) ?? .other
            let after = Double.random(in: 0...span, using: &generator)
            let number = Int.random(in: 0...40, using: &generator)
            return Int.random(in: 0...5, using: &generator) == 0 ? known(number, reason, after: after) : unknown(number, reason, after: after)
        }
        return (policy, filings)
    }

    private static func isQuarantine(_ assessment: ReportPolicy.Assessment) -> Bool {
        if case .quarantine = assessment.verdict { true } else { false }
    }

    @Test("whatever is reported: what a policy promises holds", arguments: UInt64(0)..<400)
    func properties(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let (policy, filings) = Self.sample(&generator)
        let whole = policy.assess(filings)

        #expect(policy.assess(filings.shuffled(using: &generator)) == whole, "the order changes something, seed \(seed)")
        #expect(policy.assess(filings + filings.shuffled(using: &generator)) == whole, "twice changes something, seed \(seed)")

        let hour = filings.filter { !$0.isIdentified && $0.at <= Self.start.addingTimeInterval(policy.burstWindow) }
        #expect(!Self.isQuarantine(policy.assess(hour)), "an hour of addresses takes an agent down, seed \(seed)")

        if let one = filings.randomElement(using: &generator) {
            let alone = filings.filter { $0.reporter == one.reporter }
            #expect(!Self.isQuarantine(policy.assess(alone)), "one reporter takes an agent down, seed \(seed)")
        }

        let more = policy.assess(filings + [Self.known(99, .malware, after: 10)])
        #expect(more.score >= whole.score, "a workspace's report weighs less than nothing, seed \(seed)")
        #expect(!Self.isQuarantine(whole) || Self.isQuarantine(more), "a workspace's report takes a quarantine back, seed \(seed)")

        if Self.isQuarantine(whole) {
            #expect(whole.score >= policy.threshold && Set(filings.map(\.reporter)).count >= policy.minimumReporters, "seed \(seed)")
        } else if whole.verdict == .alert {
            #expect(filings.count { !$0.isIdentified } > policy.burstLimit, "an alert without a burst, seed \(seed)")
        }
    }

    @Test("the samples reach every verdict")
    func reach() {
        var verdicts: Set<String> = []
        for seed in UInt64(0)..<400 {
            var generator = SplitMix64(seed: seed)
            let (policy, filings) = Self.sample(&generator)
            switch policy.assess(filings).verdict {
            case .none: verdicts.insert("none")
            case .alert: verdicts.insert("alert")
            case .quarantine: verdicts.insert("quarantine")
            }
        }
        #expect(verdicts == ["none", "alert", "quarantine"])
    }
}
