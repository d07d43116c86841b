import Foundation

/// The Redis keys that belong to the fleet and to no partition. Like those of `QueueKeys` they share one hash tag, `{fleet}`, so
/// that one command over many of them touches one slot of a cluster. All of them expire: nothing here must be remembered.
///
/// | key | type | holds |
/// |---|---|---|
/// | `…:worker:<id>` | string | the last report of a worker, JSON of `WorkerReport` |
/// | `…:progress:<workspace>:<job>` | string | how far a long job is, JSON of `JobProgress` |
/// | `…:watch:<look>` | string | that nothing here was lost since a look at the workers began (`SilentWorkers`) |
///
/// Who belongs to the fleet is in PostgreSQL; a report is looked up by its worker's id, so no list of workers is kept here.
struct FleetKeys: Sendable, Hashable {
    let base: String

    init(prefix: String) {
        self.base = prefix + ":{fleet}"
    }

    func report(_ worker: UUID) -> String { "\(base):worker:\(worker.lowercased)" }

    func watch(_ look: UUID) -> String { "\(base):watch:\(look.lowercased)" }

    /// By workspace too: another tenant's job of the same id is another job.
    func progress(_ job: JobName) -> String { "\(base):progress:\(job.workspace.lowercased):\(job.id.lowercased)" }
}
