/// A place among those who follow a run; given up when nobody holds it any more, be it because an answer has ended or because its body was
/// never asked for.
final class RunFollower: Sendable {
    let listener: RunListener
    private let leave: @Sendable () -> Void

    init(listener: RunListener, leave: @escaping @Sendable () -> Void) {
        self.listener = listener
        self.leave = leave
    }

    deinit { leave() }
}
