/// What `mainstay profile` was asked for.
package struct ProfileOptions: Sendable {
    /// One percent of one core: below what a build's own noise could show.
    package static let defaultBudget = 0.01

    /// The program and its arguments.
    package var command: [String]
    /// Share of one core that sampling may cost.
    package var budget = Self.defaultBudget
    package var step: String?
    package var labels: [String: String] = [:]
    package var tools: [String: String] = [:]
    package var cache: CacheState?
    /// The class of runner; made from the machine when it is not given.
    package var runner: String?
    /// Whether this whole process is the profiler: it then adopts orphans of the command, waits for them, and forwards signals.
    /// False inside a process that has children and handlers of its own, as a test run has.
    package var ownsProcess = true

    package init(command: [String]) { self.command = command }
}
