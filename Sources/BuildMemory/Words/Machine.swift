/// Where the command ran: what must be equal for two peaks to be compared.
package struct Machine: Sendable, Equatable, Codable {
    package var os: String?
    package var kernel: String?
    package var architecture: String?
    package var cores: Int?
    package var memoryTotal: Int?
    /// The limit of the control group; nil when there is none.
    package var memoryLimit: Int?
    /// The class of runner: machines of one class are interchangeable for a comparison.
    package var runner: String?

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case os, kernel, architecture, cores, runner
        case memoryTotal = "memory_total"
        case memoryLimit = "memory_limit"
    }
}
