extension LedgerAcceptance {
    /// Appends what a transaction accepted, once it has committed. What cannot be appended now is the relay's: this never throws,
    /// for the commit stands.
    func append(_ jobs: TransactionJobs) async {
        for accepted in jobs.accepted { await append(accepted.items, group: accepted.group) }
    }
}

extension Confirmations {
    /// Forgets confirmed groups once a second until `end` is raised, and once more after that.
    func run(until end: Signal, clock: any Clock<Duration>) async {
        while await end.isQuiet(for: .seconds(1), clock: clock) { await flush() }
        await flush()
    }
}
