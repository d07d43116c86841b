/// The rules that the simulated actors follow. As they stand here they are the engine's; a switch that is turned breaks one,
/// so that the simulation can be asked whether it would notice.
struct SimulationRules: Sendable {
    /// A commit asks for its worker's row.
    var asksForFence = true
    /// The acknowledgement comes after the commit.
    var acknowledgesAfterCommit = true
    /// Somebody appends what an ingress committed and did not append, and what Redis lost.
    var relays = true
    /// A worker's row is marked before its entries are claimed.
    var marksDeadFirst = true
    /// A copy that may not be the first one is looked up before it is handled.
    var looksUpSeenJobs = true
    /// Jobs of a dead worker run one by one, and how often is counted.
    var runsTakenOverJobsAlone = true
    /// What was delivered to a living worker and never arrived is found by that worker.
    var recoversLostDeliveries = true
    /// A consumer that holds entries and never beat is watched like one that did.
    var watchesUnheardConsumers = true
    /// And so is one that holds nothing.
    var watchesIdleConsumers = true
    /// The new epoch stands as pending until everything that Redis lost is appended.
    var keepsEpochPending = true
    /// The relay forgets a group after it has appended the group's jobs.
    var forgetsGroupsAfterAppend = true
    /// An epoch holds on the server that it was set on: one that came back, or took over, is compared with the ledger.
    var knowsServers = true
    /// Jobs that have been owed for long are compared with what Redis holds, whatever the epoch says.
    var sweepsOwedJobs = true
    /// A job whose outcome is its own row is not written once another table holds its outcome.
    var hasOneOutcomeAcrossTables = true
    /// What counts against a job is not how often it was begun alone, but how many of those who began it were declared dead with it
    /// in hand; and a worker that leaves takes only its own start back.
    var countsDeadStarters = true
}
