import Metrics

/// What the engine reports of itself. Labels are kinds and states: never a workspace, never a job.
enum Measures {
    /// - Parameter seconds: of the batch that these jobs ended in; nil where none was run.
    static func finished(_ kind: String, _ state: String, count: Int, seconds: Double?) {
        Counter(label: "mainstay_jobs_total", dimensions: [("kind", kind), ("state", state)]).increment(by: count)
        guard let seconds else { return }
        Recorder(label: "mainstay_job_duration_seconds", dimensions: [("kind", kind)], aggregate: true).record(seconds)
    }

    static func takenOver(_ count: Int) {
        Counter(label: "mainstay_jobs_taken_over_total").increment(by: count)
    }

    static func relayed(_ count: Int) {
        Counter(label: "mainstay_jobs_relayed_total").increment(by: count)
    }
}
