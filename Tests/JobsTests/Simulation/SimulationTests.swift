import Dispatch
import Foundation
import Testing

/// The rules of the engine against everything that may go wrong, in thousands of short histories.
///
/// The servers are models, and the processes around them go from one server call to the next; what they decide they decide by
/// the engine's own values. A history that fails is one command:
///
///     MAINSTAY_SIMULATION_SEED=1233 ops/test --filter SimulationTests/replay
///
/// shows it step by step; with `MAINSTAY_SIMULATION_RULES=noFence` under the rules of that experiment.
@Suite struct SimulationTests {
    private static let blockSize: UInt64 = 100

    @Test("under the engine's rules nothing accepted is lost and nothing happens twice", arguments: 0..<20 as Range<UInt64>)
    func histories(block: UInt64) async {
        let seeds = block * Self.blockSize..<(block + 1) * Self.blockSize
        for violation in await Self.aside({ Experiment.engine.violations(in: seeds) }) {
            Issue.record("\(violation.what)\nMAINSTAY_SIMULATION_SEED=\(violation.seed) ops/test --filter SimulationTests/replay")
        }
    }

    @Test("a broken rule is noticed", arguments: Experiment.mutations)
    func mutations(mutation: Experiment) async {
        let found = await Self.aside { mutation.violations(in: 0..<1000, most: 1) }
        #expect(!found.isEmpty, "a thousand histories under \(mutation.name) show nothing")
    }

    @Test("where a gap once was there is none", arguments: Experiment.lessons)
    func lessons(lesson: Experiment.Lesson) async {
        for violation in await Self.aside({ lesson.closed.violations(in: 0..<200, most: 1) }) {
            Issue.record("\(violation.what)\nseed \(violation.seed) under MAINSTAY_SIMULATION_RULES=\(lesson.closed.name)")
        }
    }

    @Test("the histories go where it is dangerous")
    func coverage() async {
        let counts = await Self.aside {
            var counts = Array(repeating: 0, count: SimulationAudit.Event.allCases.count)
            for seed in 0..<200 as Range<UInt64> {
                let history = Experiment.engine.history(seed: seed)
                _ = history.run()
                for (index, count) in history.audit.counts.enumerated() where count > 0 { counts[index] += 1 }
            }
            return counts
        }
        for event in SimulationAudit.Event.allCases {
            #expect(counts[event.rawValue] >= 5, "\(event) in \(counts[event.rawValue]) of 200 histories")
        }
    }

    @Test("the same seed is the same history; MAINSTAY_SIMULATION_SEED shows that of a seed")
    func replay() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["MAINSTAY_SIMULATION_SEED"].flatMap(UInt64.init)
        let name = environment["MAINSTAY_SIMULATION_RULES"] ?? Experiment.engine.name
        let experiment = try #require(Experiment.all.first { $0.name == name }, "these are the rules: \(Experiment.all.map(\.name))")
        let first = await Self.aside { experiment.story(seed: seed ?? 1) }
        let second = await Self.aside { experiment.story(seed: seed ?? 1) }
        #expect(first == second)
        guard let seed else { return }
        // As an issue, because only a run that fails is printed; and a replay is there to be read.
        Issue.record("seed \(seed) under \(experiment.name)\n\(first)")
    }

    /// Threads of their own: on those of the concurrency pool, which are as few as cores, these long computations would keep
    /// the workers of other suites from beating. Half of the cores are left to them.
    private static let threads = (0..<max(1, ProcessInfo.processInfo.activeProcessorCount / 2)).map {
        DispatchQueue(label: "simulation-\($0)", qos: .utility)
    }

    private static func aside<R: Sendable>(_ work: @escaping @Sendable () -> R) async -> R {
        let thread = threads.randomElement() ?? .global()
        return await withCheckedContinuation { continuation in
            thread.async { continuation.resume(returning: work()) }
        }
    }
}
