import Foundation

extension Envelope {
    /// A job of a kind as it is accepted at this moment.
    /// - Parameter priority: its class; nil for that of its kind.
    init(
        accepting body: [UInt8], of kind: JobKind, id: UUID, workspace: UUID, notBefore: Date?, priority: JobPriority?, key: JobKey?, marks: Marks,
        trace: TraceParent?
    ) {
        let now = Date()
        // The age of a job that may expire counts from the time for which it was asked.
        let accepted = kind.expiry == nil ? now : max(now, notBefore ?? now)
        self.init(
            id: id, workspace: workspace, kind: kind.name, version: kind.version, acceptedAt: Int64(accepted.timeIntervalSince1970 * 1000),
            marks: marks, trace: trace, body: body)
        route = JobRoute(priority: priority ?? kind.priority, key: key)
    }
}
