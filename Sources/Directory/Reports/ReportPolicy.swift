import Foundation

/// When reports alone take an agent out of the directory, until an operator has looked. A value without I/O.
///
/// Everybody counts once, with the gravest of its reasons; who shows a token weighs more than an address does. An agent is
/// quarantined when the sum reaches the threshold and enough reporters stand behind it:
///
/// | reports | sum | verdict |
/// |---|---|---|
/// | malware by 3 workspaces | 3 × 3 × 3 = 27 | quarantine |
/// | malware by 2 workspaces | 18 | none |
/// | malware by 8 addresses, an hour and more apart | 8 × 3 = 24 | quarantine |
/// | malware by 8 addresses within an hour | 0, or 24 if all were believed | alert |
/// | not working, by however many | 0 | none |
///
/// Many who are not known at the same time may be one: of a burst of them nobody counts, whatever comes after it. What they would
/// have weighed is not thrown away: where it would have been enough, somebody is told. So that one hour of addresses can never take
/// an agent down, what is no burst yet must stay below the threshold; ``isSound`` says whether it does.
struct ReportPolicy: Sendable, Equatable {
    /// One report, as far as it matters here.
    struct Filing: Sendable, Equatable {
        /// The same for all reports of one reporter.
        let reporter: [UInt8]
        /// Whether a workspace stands behind it.
        let isIdentified: Bool
        let reason: ReportReason
        let at: Date
    }

    enum Verdict: Sendable, Equatable {
        case none
        /// It looks like many acting as one: an operator should look, and the agent stays where it is.
        case alert
        /// Out of the directory, on this ground.
        case quarantine(ReportReason)
    }

    struct Assessment: Sendable, Equatable {
        /// What the reports weigh that are believed.
        let score: Double
        let verdict: Verdict
    }

    /// What one report by somebody unknown weighs.
    var weights: [ReportReason: Double] = [
        .malware: 3, .leakedSecret: 3, .illegal: 3, .impersonation: 2, .misleading: 1, .other: 0.5, .notWorking: 0,
    ]
    /// How often that a report by a workspace weighs.
    var identifiedFactor = 3.0
    /// More than what any two can bring.
    var threshold = 24.0
    /// Reporters whose word weighs something.
    var minimumReporters = 3
    /// So many unknown reporters within ``burstWindow`` are believed; with one more, none of them.
    var burstLimit = 5
    var burstWindow: TimeInterval = 3600

    static let standard = ReportPolicy()

    func weight(of reason: ReportReason) -> Double { weights[reason] ?? 0 }

    /// Whether no hour of unknown reporters reaches the threshold, and no single reporter ever does.
    var isSound: Bool {
        let most = weights.values.max() ?? 0
        return Double(burstLimit) * most < threshold && minimumReporters > 1 && weights.values.allSatisfy { $0 >= 0 } && identifiedFactor >= 1
    }

    /// Looks at all reports of a case. The order in which they come changes nothing, nor does one that comes twice.
    func assess(_ filings: [Filing]) -> Assessment {
        // From one day to the next nobody can tell whether an unknown reporter is another one.
        let newest = filings.map(\.at).max() ?? .distantPast
        let voices = voices(in: filings.filter { $0.isIdentified || newest.timeIntervalSince($0.at) <= 86_400 })
        let burst = burst(in: voices)
        let believed = sum(of: voices.filter { $0.isIdentified || !burst.contains($0.since) })
        if reaches(believed) { return Assessment(score: believed.score, verdict: .quarantine(believed.gravest)) }
        return Assessment(score: believed.score, verdict: !burst.isEmpty && reaches(sum(of: voices)) ? .alert : .none)
    }

    // MARK: Voices

    /// A reporter with the gravest of its reasons.
    private struct Voice {
        let isIdentified: Bool
        var reason: ReportReason
        var weight: Double
        var since: Date
    }

    private struct Sum {
        var score = 0.0
        var reporters = 0
        var gravest = ReportReason.impersonation
    }

    private func voices(in filings: [Filing]) -> [Voice] {
        var voices: [[UInt8]: Voice] = [:]
        for filing in filings {
            let weight = weight(of: filing.reason) * (filing.isIdentified ? identifiedFactor : 1)
            guard var voice = voices[filing.reporter] else {
                voices[filing.reporter] = Voice(isIdentified: filing.isIdentified, reason: filing.reason, weight: weight, since: filing.at)
                continue
            }
            voice.since = min(voice.since, filing.at)
            if (weight, filing.reason.rawValue) > (voice.weight, voice.reason.rawValue) {
                voice.reason = filing.reason
                voice.weight = weight
            }
            voices[filing.reporter] = voice
        }
        return Array(voices.values)
    }

    /// The times of unknown reporters who came with too many others.
    private func burst(in voices: [Voice]) -> Set<Date> {
        let times = voices.filter { !$0.isIdentified && $0.weight > 0 }.map(\.since).sorted()
        var burst: Set<Date> = []
        var looked = 0
        for (index, (first, last)) in zip(times, times.dropFirst(burstLimit)).enumerated() where last.timeIntervalSince(first) <= burstWindow {
            burst.formUnion(times[max(index, looked)...(index + burstLimit)])
            looked = index + burstLimit + 1
        }
        return burst
    }

    private func sum(of voices: [Voice]) -> Sum {
        var sum = Sum()
        var byReason: [ReportReason: Double] = [:]
        for voice in voices where voice.weight > 0 {
            sum.score += voice.weight
            sum.reporters += 1
            byReason[voice.reason, default: 0] += voice.weight
        }
        // The first of the list among equals, so that the same reports are always one ground.
        for reason in ReportReason.allCases where byReason[reason, default: 0] > byReason[sum.gravest, default: 0] { sum.gravest = reason }
        return sum
    }

    private func reaches(_ sum: Sum) -> Bool { sum.score >= threshold && sum.reporters >= minimumReporters }
}
