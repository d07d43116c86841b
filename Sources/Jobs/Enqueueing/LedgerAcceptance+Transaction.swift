extension LedgerAcceptance {
    /// Appends what a transaction accepted, once it has committed. What cannot be appended now is the relay's: this never throws,
    /// for the commit stands.
    func append(_ jobs: TransactionJobs) async {
        for accepted in jobs.accepted { await append(accepted.items, group: accepted.group) }
    }
}
