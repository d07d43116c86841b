package import Foundation
import Synchronization

/// What the inner middlewares learn and the outer ones log: a box, because a context is a value and goes inwards only.
package final class RequestFacts: Sendable {
    private let workspaceBox = Mutex<UUID?>(nil)

    package init() {}

    /// The workspace that asked, for the log. Never a metric's label.
    package var workspace: UUID? {
        get { workspaceBox.withLock { $0 } }
        set { workspaceBox.withLock { $0 = newValue } }
    }
}
