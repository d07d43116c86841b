import Testing

@testable import Jobs

/// What must hold of a job's life whatever the order of events: delivered twice, its owner lost, failed, timed out, cancelled,
/// flushed.
@Suite struct JobStatePropertyTests {
    private static let endings: [JobState.Ending] = [
        .committed, .alreadyFinished(.done), .alreadyFinished(.dead), .alreadyFinished(.cancelled), .failed(permanent: false),
        .failed(permanent: true), .storeUnavailable, .ofOtherRelease(refused: .zero), .ofOtherRelease(refused: .seconds(48 * 3600)), .fenced,
        .drained,
    ]

    /// What the diagram says of a running job, without its delay.
    private static func expected(_ ending: JobState.Ending, attempt: Int, maximum: Int) -> (phase: JobState.Phase, action: String) {
        switch ending {
        case .committed, .alreadyFinished(.done): (.done, "acknowledge")
        case .alreadyFinished(.dead): (.dead, "acknowledge")
        case .alreadyFinished(.cancelled): (.cancelled, "acknowledge")
        case .failed(let permanent): permanent || attempt >= maximum ? (.dead, "bury") : (.retrying, "retry as \(attempt + 1)")
        case .storeUnavailable: (.running, "tryAgainInPlace")
        case .ofOtherRelease(let refused): refused > .seconds(24 * 3600) ? (.dead, "bury") : (.retrying, "retry as \(attempt)")
        case .fenced: (.abandoned, "abandon")
        case .drained: (.queued, "handBack")
        }
    }

    private static func word(_ action: JobState.Action) -> String {
        switch action {
        case .acknowledge: "acknowledge"
        case .retry(_, let next): "retry as \(next)"
        case .bury: "bury"
        case .tryAgainInPlace: "tryAgainInPlace"
        case .handBack: "handBack"
        case .abandon: "abandon"
        }
    }

    @Test("each ending of each attempt, after each way in which an attempt may begin again, is that of the diagram", arguments: 1...4)
    func table(maximum: Int) {
        var generator = Seeded(seed: UInt64(maximum))
        let policy = RetryPolicy(base: .milliseconds(10), cap: .milliseconds(40), floor: .milliseconds(5), maximumAttempts: maximum)
        // An attempt may be begun again by its own worker as often as a store is away, and by another after a hand-back.
        let ways: [[JobState.Ending]] = [[], [.storeUnavailable], [.drained], [.storeUnavailable, .drained, .storeUnavailable]]
        for attempt in 1...maximum + 1 {
            for way in ways {
                for ending in Self.endings {
                    var state = JobState(attempt: attempt)
                    #expect(state.phase == .queued)
                    state.begin()
                    for detour in way {
                        _ = state.attemptEnded(detour, policy: policy, using: &generator)
                        state.begin()
                    }
                    #expect(state.phase == .running && state.attempt == attempt, "no attempt is counted for \(way)")
                    let action = state.attemptEnded(ending, policy: policy, using: &generator)
                    let expected = Self.expected(ending, attempt: attempt, maximum: maximum)
                    #expect(state.phase == expected.phase && Self.word(action) == expected.action, "\(ending) of attempt \(attempt) after \(way)")
                    if case .failed = ending, case .retry(let delay, _) = action {
                        #expect(delay >= policy.floor && delay <= policy.ceiling(afterAttempt: attempt))
                    }
                }
            }
        }
    }

    /// A job, all deliveries of it that are under way, and the one row that says how it ended.
    private struct History {
        enum Event: CaseIterable {
            case deliver, duplicate, commit, fail, failForGood, timeOut, meetOtherRelease, loseOwner, drain, cancel, flush
        }

        let policy = RetryPolicy(base: .milliseconds(10), cap: .milliseconds(40), floor: .milliseconds(5), maximumAttempts: 3)
        /// Attempts that wait in the queue: one copy each.
        var queue = [1]
        var running: [JobState] = []
        var outcome: OutcomeState?
        var outcomes = 0
        var generator: Seeded

        init(seed: UInt64) { generator = Seeded(seed: seed) }

        mutating func happen(_ event: Event) {
            switch event {
            case .deliver:
                guard let attempt = queue.popLast() else { return }
                var state = JobState(attempt: attempt)
                state.begin()
                running.append(state)
            case .duplicate:
                if let attempt = queue.last { queue.append(attempt) }
            case .commit:
                if let outcome {
                    end(.alreadyFinished(outcome))
                } else if !running.isEmpty {
                    finish(.done)
                    end(.committed)
                }
            case .fail: end(.failed(permanent: false))
            case .failForGood: end(.failed(permanent: true))
            case .timeOut: end(.storeUnavailable)
            case .meetOtherRelease: end(.ofOtherRelease(refused: .zero))
            case .loseOwner: end(.fenced)
            case .drain: end(.drained)
            case .cancel: if outcome == nil { finish(.cancelled) }
            case .flush:
                // The relay appends what is owed, as it was accepted.
                queue = outcome == nil ? [1] : []
            }
        }

        private mutating func finish(_ state: OutcomeState) {
            outcome = state
            outcomes += 1
        }

        /// One of the deliveries ends, and its action is performed.
        private mutating func end(_ ending: JobState.Ending) {
            guard !running.isEmpty else { return }
            var state = running.remove(at: Int.random(in: running.indices, using: &generator))
            let attempt = state.attempt
            let action = state.attemptEnded(ending, policy: policy, using: &generator)
            #expect(state.attempt == attempt, "an attempt keeps its number")
            switch action {
            case .acknowledge:
                #expect(outcome != nil, "what is acknowledged has an outcome")
                #expect(String(describing: state.phase) == outcome?.rawValue)
            case .retry(_, let next) where ending == .ofOtherRelease(refused: .zero):
                #expect(state.phase == .retrying && next == attempt)
                queue.append(next)
            case .retry(let delay, let next):
                #expect(state.phase == .retrying && next == attempt + 1 && next <= policy.maximumAttempts)
                #expect(delay >= policy.floor && delay <= policy.ceiling(afterAttempt: attempt))
                queue.append(next)
            case .bury:
                #expect(state.phase == .dead && (ending == .failed(permanent: true) || attempt >= policy.maximumAttempts))
                if outcome == nil { finish(.dead) }
            case .tryAgainInPlace:
                state.begin()
                #expect(state.phase == .running)
                running.append(state)
            case .handBack:
                #expect(state.phase == .queued)
                queue.append(attempt)
            case .abandon:
                #expect(state.phase == .abandoned)
                // Whoever took it over has the entry.
                queue.append(attempt)
            }
        }
    }

    @Test("in whatever order it happens, a job that is delivered until it is settled has one outcome", arguments: 0..<40 as Range<UInt64>)
    func orders(block: UInt64) {
        for seed in block * 50..<(block + 1) * 50 {
            var history = History(seed: seed)
            for _ in 0..<Int.random(in: 1...60, using: &history.generator) {
                history.happen(History.Event.allCases.randomElement(using: &history.generator) ?? .deliver)
                #expect(history.outcomes <= 1, "seed \(seed)")
            }
            // No faults any more: everything is delivered and commits, or finds the outcome.
            var left = 200
            while !history.queue.isEmpty || !history.running.isEmpty, left > 0 {
                history.happen(.deliver)
                history.happen(.commit)
                left -= 1
            }
            #expect(left > 0 && history.outcomes == 1, "seed \(seed): \(history.outcomes) outcomes")
        }
    }
}
