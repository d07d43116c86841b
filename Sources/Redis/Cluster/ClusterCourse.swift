import NIOCore

/// The commands of one call through a cluster, which may need several rounds. A value without I/O.
struct ClusterCourse: Sendable {
    private(set) var errands: [ClusterErrand]
    private var replies: [RedisValue?]
    /// Commands without their answer, in order.
    private(set) var open: [Int]
    /// Whether the next round should come after a pause.
    private(set) var needsPause = false
    var pause = ClusterPause()

    init(errands: [ClusterErrand]) {
        self.errands = errands
        self.replies = [RedisValue?](repeating: nil, count: errands.count)
        self.open = Array(errands.indices)
    }

    /// Another round begins.
    mutating func begin() {
        needsPause = false
    }

    var hasAnswers: Bool { open.count < errands.count }

    /// The answers in order; complete when nothing is open.
    var answers: [RedisValue] { replies.map { $0 ?? .null } }

    /// Takes a node's reply to a command. Returns what it said of the map.
    mutating func replied(_ reply: RedisValue, to index: Int, from asked: ClusterAddress) -> Redirect? {
        switch errands[index].replied(reply, from: asked) {
        case .done(let answer):
            replies[index] = answer
            open.removeAll { $0 == index }
            return nil
        case .again(let moved):
            if errands[index].isSentRound { needsPause = true }
            return moved
        case .pause:
            needsPause = true
            return nil
        }
    }

    /// A command was not written, since its node is gone.
    mutating func unsent(_ index: Int) {
        errands[index].unsent()
        needsPause = true
    }

    /// Time is over: what the cluster refused is answered with its refusal. Throws `.timeout` for a command that never reached a node.
    mutating func giveUp(label: String, limit: TimeLimit) throws(RedisError) {
        for index in open {
            guard let refusal = errands[index].refusal else {
                throw RedisError(
                    .timeout, "not sent within \(Duration(limit.duration)): the node that has its key is away", command: label,
                    mayHaveExecuted: hasAnswers)
            }
            replies[index] = .error(refusal)
        }
        open = []
    }
}
