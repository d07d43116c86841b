package import Foundation

/// A job with its workspace, which is also the key of its row in every table: nobody's wish may reach another's job, be the
/// id the same.
package struct JobName: Sendable, Hashable {
    package let workspace: UUID
    package let id: UUID

    package init(workspace: UUID, id: UUID) {
        self.workspace = workspace
        self.id = id
    }

    init(_ envelope: Envelope) { self.init(workspace: envelope.workspace, id: envelope.id) }
}
