/// One process of the tree.
package struct ProcessPeak: Sendable, Equatable, Codable {
    package var pid: Int
    package var parent: Int?
    package var command: String
    package var role: CommandText.Role?
    package var started: Int?
    /// Nil when it outlived the command.
    package var ended: Int?
    package var peakRSS: Int
    package var peakAt: Int?
    /// Its share in the tree's peak; 0 when it did not live then.
    package var rssAtTreePeak: Int?
    package var pssAtTreePeak: Int?
    package var cpu: Int?

    package init(pid: Int, command: String, peakRSS: Int) {
        self.pid = pid
        self.command = command
        self.peakRSS = peakRSS
    }

    private enum CodingKeys: String, CodingKey {
        case pid, command, role
        case parent = "ppid"
        case started = "started_ms"
        case ended = "ended_ms"
        case peakRSS = "peak_rss"
        case peakAt = "peak_rss_at_ms"
        case rssAtTreePeak = "rss_at_tree_peak"
        case pssAtTreePeak = "pss_at_tree_peak"
        case cpu = "cpu_ms"
    }
}
