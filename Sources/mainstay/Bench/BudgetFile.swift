import Foundation

/// The name of a figure: `ledger.drain.postgres_trips_per_batch`. Allocations are of one kind of build, which ends their name.
struct BudgetFigure: Sendable, Hashable, Comparable, CustomStringConvertible {
    let name: String

    init(_ name: String) {
        self.name = name
    }

    var description: String { name }
    static func < (left: BudgetFigure, right: BudgetFigure) -> Bool { left.name < right.name }

    /// The kind of this build: the optimiser removes half of what is allocated.
    static var build: String {
        #if DEBUG
        "debug"
        #else
        "release"
        #endif
    }

    /// Whether this build, on this system, can count it.
    var isOurs: Bool {
        guard name.contains(".allocations_per_job.") else { return true }
        #if os(Linux)
        return name.hasSuffix("." + Self.build)
        #else
        return false
        #endif
    }

    /// How much more may be found than is allowed, as a share, for a figure that is new in the file.
    ///
    /// How many callers a group commit gathers is a matter of the moment, and there only a change of kind is worth a red
    /// light; what a batch costs is the same at every run but for what a worker does once.
    var usualTolerance: Double { name.hasSuffix("_per_100_jobs") ? 1.5 : name.hasSuffix("_per_batch") ? 0.15 : 0.1 }
}

/// `ops/budget.json`: what a job may cost.
struct BudgetFile: Codable, Sendable, Equatable {
    struct Entry: Codable, Sendable, Equatable {
        var allowed: Double
        /// As a share of `allowed`.
        var tolerance: Double

        /// The most that passes. The twentieth is for what is allowed nothing: a round trip a second is no round trip a job.
        var most: Double { allowed * (1 + tolerance) + 0.05 }
        /// Below it the file should be brought down, or the gain is lost again unseen.
        var least: Double { allowed * (1 - tolerance) - 0.05 }
    }

    /// Why the numbers are what they are.
    struct Change: Codable, Sendable, Equatable {
        /// `2026-11-26`.
        let date: String
        let reason: String
    }

    var version = 1
    var jobs: Int
    var batch: Int
    /// Newest last.
    var changes: [Change] = []
    var figures: [String: Entry] = [:]

    static func read(_ path: String) throws -> BudgetFile {
        try JSONDecoder().decode(BudgetFile.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (try encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Takes what was found as what is allowed from now on. Tolerances stay, and so does what this build cannot count.
    mutating func take(_ found: [BudgetFigure: Double], reason: String, date: String) {
        var fresh = figures.filter { !BudgetFigure($0.key).isOurs }
        for (figure, value) in found {
            fresh[figure.name] = Entry(allowed: Self.rounded(value), tolerance: figures[figure.name]?.tolerance ?? figure.usualTolerance)
        }
        figures = fresh
        changes.append(Change(date: date, reason: reason))
    }

    /// Three digits are more than two runs have in common.
    private static func rounded(_ value: Double) -> Double {
        value >= 100 ? value.rounded() : (value * 100).rounded() / 100
    }
}
