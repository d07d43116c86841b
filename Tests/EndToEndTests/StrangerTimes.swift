import TestSupport
import Testing

/// How long a route takes to answer a stranger: for each thing that is there as long as for what is nowhere.
///
/// Every thing is asked for in a few rounds, and in more where the route names things of its kind, for there a difference would come from.
/// What looks different then is measured again and again: a query more is there each time, and a mood of the machine is not.
struct StrangerTimes: Sendable {
    let route: StrangerRoute
    let deployment: Deployment
    let seeds: StrangerSeeds
    let stranger: String

    private static let rounds = 8
    /// Beside those.
    private static let roundsOfNamed = 16
    private static let roundsOfProof = 40
    /// Of which each has to find the difference, on the same side.
    private static let proofs = 2
    /// Standard errors: to suspect costs some requests only.
    private static let (suspicion, certainty) = (2.5, 3.0)

    /// The things that are told from unknown ones by the time, with what was measured.
    func differences() async throws -> [String] {
        let things = seeds.ids
        var measured = try await measure(things, rounds: Self.rounds)
        let named = try await places(of: things)
        for (place, more) in zip(named, try await measure(named.map { things[$0] }, rounds: Self.roundsOfNamed)) { measured[place] += more }
        var found: [String] = []
        for (thing, rounds) in zip(things, measured) {
            let outcome = TimeComparison(rounds).outcome(within: Self.suspicion)
            guard outcome != .same, let confirmed = try await proof(of: outcome, thing) else { continue }
            found.append("\(route) of the \(thing.what): \(confirmed)")
        }
        return found
    }

    /// Where the things stand that the route names, as their owner sees it.
    private func places(of things: [StrangerSeeds.Thing]) async throws -> [Int] {
        var places: [Int] = []
        for (place, thing) in things.enumerated() {
            let answer = try await route.ask(deployment, thing, token: deployment.token, receipt: seeds.receipt)
            if StrangerTests.isReached(answer) { places.append(place) }
        }
        return places
    }

    /// Measures a suspect until the difference is not there; nil then.
    private func proof(of outcome: TimeComparison.Outcome, _ thing: StrangerSeeds.Thing) async throws -> TimeComparison? {
        var last: TimeComparison?
        for _ in 0..<Self.proofs {
            let comparison = TimeComparison(try await measure([thing], rounds: Self.roundsOfProof)[0])
            guard comparison.outcome(within: Self.certainty) == outcome else { return nil }
            last = comparison
        }
        return last
    }

    /// Rounds of each of the things, which share the unknown ones.
    private func measure(_ things: [StrangerSeeds.Thing], rounds: Int) async throws -> [[TimeComparison.Round]] {
        var measured = [[TimeComparison.Round]](repeating: [], count: things.count)
        guard !things.isEmpty else { return measured }
        let asked = things + [seeds.unknown, seeds.otherUnknown]
        for _ in 0..<rounds {
            var times = [Duration](repeating: .zero, count: asked.count)
            for place in asked.indices.shuffled() {
                let start = ContinuousClock.now
                let answer = try await route.ask(deployment, asked[place], token: stranger, receipt: nil)
                times[place] = start.duration(to: .now)
                #expect(answer.status != 429 && answer.status < 500, "what is measured has to be the answer: \(route)")
            }
            for place in things.indices {
                measured[place].append(.init(known: times[place], unknown: times[things.count], other: times[things.count + 1]))
            }
        }
        return measured
    }
}
