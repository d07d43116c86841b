import Jobs

/// What the ingress shows of its queues.
///
/// A queue that could not be measured has `mainstay_queue_known` 0 and nothing else: unknown is neither zero nor what was true
/// before. The counters are Redis's own and the same at every ingress; a flush of Redis sets them back, which rates allow for.
///
/// `mainstay_queue_seconds_to_empty` is until nothing is ready, running or parked; what waits for its time needs no worker. It is
/// zero where nothing is, and absent where something is and nothing was done for half a minute: how long that takes is unknown
/// then, and an autoscaler should take it for an error.
enum QueueSamples {
    /// - Parameter rates: jobs done a second; none of a queue that was not measured twice.
    static func of(_ backlogs: [String: Backlog], rates: [String: Double] = [:], queues: [String]) -> [Sample] {
        queues.flatMap { queue in samples(of: backlogs[queue], rate: rates[queue], in: queue) }
    }

    private static func samples(of backlog: Backlog?, rate: Double?, in queue: String) -> [Sample] {
        let place = ("queue", queue)
        var samples = [Sample(.gauge, "mainstay_queue_known", [place], backlog == nil ? 0 : 1)]
        guard let backlog else { return samples }
        for (state, count) in [
            ("ready", backlog.unclaimed), ("running", backlog.running), ("parked", backlog.parked), ("later", backlog.later),
        ] {
            samples.append(Sample(.gauge, "mainstay_queue_backlog_jobs", [place, ("state", state)], Double(count)))
        }
        for (outcome, count) in [("done", backlog.acknowledged), ("retried", backlog.retried), ("dead", backlog.dead)] {
            samples.append(Sample(.counter, "mainstay_queue_jobs_total", [place, ("outcome", outcome)], Double(count)))
        }
        samples.append(Sample(.gauge, "mainstay_queue_backlog", [place], Double(backlog.total)))
        if let seconds = backlog.secondsToEmpty(perSecond: rate) {
            samples.append(Sample(.gauge, "mainstay_queue_seconds_to_empty", [place], seconds))
        }
        samples.append(Sample(.gauge, "mainstay_queue_oldest_age_seconds", [place], backlog.oldestAge?.inSeconds ?? 0))
        samples.append(Sample(.gauge, "mainstay_queue_workers", [place], Double(backlog.workers)))
        return samples
    }
}

extension Backlog {
    /// Of the ready stream, what no worker holds yet. An entry that was deleted may be pending still: the difference is no less
    /// than zero.
    var unclaimed: Int { max(0, ready - running) }
}
