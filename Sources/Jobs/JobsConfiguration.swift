package import Foundation
package import Redis

/// The engine's settings. Each default says why.
public struct JobsConfiguration: Sendable {
    /// First word of every Redis key.
    public var prefix = "mainstay"
    /// Partitions of each queue. One is exact for limits and enough for one Redis; more spread over a cluster. Changing
    /// it needs empty queues, and no open group.
    public var partitions = 1
    /// Jobs that a bulk lane of a partition holds before others are parked by workspace, of four lanes a class: half of the bound of
    /// the backlog, so that parking, which costs a job two more commands, is for floods of workspaces that share a lane. Those are
    /// served by turns only beyond it; fairness among them wants it small.
    public var window = 500_000
    /// Jobs of one class that a workspace may hold in a queue and still overtake those who hold more. Few, for what this many of
    /// each workspace hold is served first come, first served.
    public var burst = 128
    /// Jobs that may wait in a queue before the ingress answers 503. A million 1-kB jobs are about 1.5 GB of Redis.
    public var backlogBound = 1_000_000
    /// Jobs that one workspace may have in a queue, waiting or running, before the ingress answers it 429 while it goes on to accept
    /// those of others. Nil for half of `backlogBound`, so that a flood of one workspace does not close a queue; where there is only
    /// one, it may be as large. A job that waits for its time (one for later, a retry) counts for `backlogBound` and not here; once a
    /// workspace is over its bound it may send none of these either.
    public var workspaceBacklogBound: Int?
    /// Jobs in one batch: 500 rows a commit is where PostgreSQL's rate flattens.
    public var batchSize = 500
    /// Batches that a pool works on at once. While workspaces flood the queue, one more of those who hold few.
    public var batchConcurrency = 3
    /// Long runs that a worker carries at once; they wait for providers, not for cores.
    public var runConcurrency = 64
    /// A worker that has not been heard of for this long is dead.
    public var lease: Duration = .seconds(10)
    /// What a leaving worker may use to finish; under the 30 s that Kubernetes gives.
    public var drainBudget: Duration = .seconds(20)
    /// Bodies beyond this lie in PostgreSQL and the stream carries their reference.
    public var inlineBodyLimit = 16 * 1024
    /// Bytes of bodies from PostgreSQL that a batch has in memory at once, or one body that is larger; what is beyond them is fetched
    /// when these have committed. All batches of a worker together have twice as many. A body is there several times while it is
    /// decoded and written, and a worker of 512 MiB has to live through that. Long runs and burials fetch one body each, beside it.
    public var bodyChunk = 16 * 1024 * 1024
    /// How long an Idempotency-Key is remembered.
    public var idempotencyWindow: Duration = .seconds(24 * 3600)
    /// How long the status of a stream job is remembered that no worker has finished.
    public var statusWindow: Duration = .seconds(7 * 24 * 3600)
    /// How long acceptances, outcomes and bodies of jobs are kept, in whole days: a month is longer than anybody asks what
    /// became of a job. `.zero` keeps them for ever. What is owed, dead letters and the rows of features stay in any case;
    /// a large body of a stream kind goes even when its job has waited for all that time.
    public var retention: Duration = .seconds(30 * 24 * 3600)
    /// The relay looks at acceptances only when they are older than this: younger ones are on their way.
    public var relayAge: Duration = .seconds(5)
    /// A job of a ledger kind that has been owed for this long is looked for in Redis, whatever Redis says of itself. Longer than
    /// most jobs take, for those that are done by then cost one look and no more.
    public var sweepAge: Duration = .seconds(300)
    /// Added to the servers' time; only tests set it.
    public var clockOffset: Duration = .zero
    /// Whether workers look for what has become due. Tests that say themselves when time passes switch it off.
    package var promotes = true

    public init() {}

    /// The bound of a workspace that is in force.
    var workspaceBound: Int { workspaceBacklogBound ?? max(1, backlogBound / 2) }

    package func partition(of workspace: UUID) -> Int {
        let (high, low) = workspace.words
        // The high bits of the product: a shift binds more tightly than a multiplication.
        return Int((((high ^ low) &* 0x9e37_79b9_7f4a_7c15) >> 33) % UInt64(max(1, partitions)))
    }

    package func partitions(of queue: String) -> [QueuePartition] {
        (0..<max(1, partitions)).map { QueuePartition(queue: queue, index: $0) }
    }

    package func queue(_ partition: QueuePartition, on client: RedisClient) -> Queue {
        Queue(partition: partition, client: client, prefix: prefix, window: window, burst: burst, clockOffset: clockOffset)
    }
}
