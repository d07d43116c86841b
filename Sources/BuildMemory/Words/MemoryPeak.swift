/// The tree at its largest.
package struct MemoryPeak: Sendable, Equatable, Codable {
    /// Sum of the resident sets. Pages that processes share count once for each of them.
    package var rss: Int
    package var rssAt: Int?
    /// Sum of the proportional sets at the largest moment at which it was read; nil when it was not.
    package var pss: Int?
    package var pssAt: Int?
    /// The tree's RSS when `pss` was read: how near to the peak that was.
    package var rssAtPSS: Int?
    /// The largest resident set of a **single** process by the kernel's own account: what `time -v` reports.
    package var largestProcess: Int?
    package var processes: Int?
    package var compileJobs: Int?

    package init(rss: Int) { self.rss = rss }

    private enum CodingKeys: String, CodingKey {
        case rss = "peak_rss"
        case rssAt = "peak_rss_at_ms"
        case pss = "peak_pss"
        case pssAt = "peak_pss_at_ms"
        case rssAtPSS = "rss_at_peak_pss"
        case largestProcess = "largest_process_rss"
        case processes = "processes_at_peak"
        case compileJobs = "compile_jobs_at_peak"
    }
}
