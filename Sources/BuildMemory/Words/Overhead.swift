/// What the profiling itself cost.
package struct Overhead: Sendable, Equatable, Codable {
    /// Processor time of the sampling thread.
    package var cpu: Int
    package var samples: Int
    package var pssReads: Int
    /// The share of one core that was allowed, 0.01 for one percent.
    package var budget: Double

    package init(cpu: Int, samples: Int, pssReads: Int, budget: Double) {
        self.cpu = cpu
        self.samples = samples
        self.pssReads = pssReads
        self.budget = budget
    }

    private enum CodingKeys: String, CodingKey {
        case samples, budget
        case cpu = "cpu_ms"
        case pssReads = "pss_reads"
    }
}
