/// Why a benchmark has no figure.
enum BenchFault: Error, CustomStringConvertible {
    case notSeen(String)
    /// The database could not be asked for the row.
    case lookFailed(String)
    /// Ctrl-C or SIGTERM.
    case interrupted
    /// A server or a client that has to run for as long as it is measured ended by itself.
    case servicesEnded
    /// The load generator is not installed, or could not be run.
    case noGenerator(String)
    /// Requests were not answered as they have to be; a rate of refusals is no figure.
    case refused(String)
    /// Answers of the warm-up were lost, and so would those be that count.
    case lostWarmingUp(String)
    /// Jobs were left over, or done twice.
    case miscounted(String)

    var description: String {
        switch self {
        case .notSeen(let id): "the row of \(id) was not visible within 20 s: is a worker running?"
        case .lookFailed(let reason):
            "the database cannot be asked whether a row is there; MAINSTAY_BENCH_WATCHER names the user who asks: \(reason)"
        case .interrupted: "interrupted; its servers are stopped and removed"
        case .servicesEnded: "a service that was being measured ended by itself; the lines above say why"
        case .noGenerator(let reason): "\(reason). Install wrk (apt-get install wrk, or brew install wrk)."
        case .refused(let what): "requests were refused, so there is no figure: \(what)"
        case .lostWarmingUp(let what): "answers were lost in the warm-up already, so nothing was measured: \(what)"
        case .miscounted(let what): "the jobs do not add up: \(what)"
        }
    }
}
