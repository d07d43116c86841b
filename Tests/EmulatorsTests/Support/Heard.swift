import Synchronization

/// What has come so far, for who looks from another task.
final class Heard: Sendable {
    private let content = Mutex("")

    var text: String { content.withLock(\.self) }

    func add(_ text: String) {
        content.withLock { $0 += text }
    }
}
