/// What one request brought.
struct StreamBenchAnswer: Sendable, Equatable {
    /// Why an answer counts as lost.
    enum Loss: Sendable, Equatable {
        /// It does not end with `[DONE]`.
        case unfinished
        /// Fewer tokens than were asked for, or more.
        case miscounted
    }

    /// Nil when the connection ended before the answer's head.
    var status: Int?
    /// From the request's writing to the reading of the first token, nanoseconds.
    var firstToken: Int64?
    /// Of each token from its writing by the provider to its reading here, nanoseconds.
    var transits: [Int64] = []
    var isDone = false
    /// The beginning of the body when the status is not 200.
    var refusal: [UInt8] = []

    /// Nil for a whole answer.
    ///
    /// - Parameter tokens: That were asked for.
    func loss(of tokens: Int) -> Loss? {
        guard isDone else { return .unfinished }
        return transits.count == tokens ? nil : .miscounted
    }
}

/// Makes an answer of the parts in which it comes. Time is given, in nanoseconds since 1970.
struct StreamBenchReading: Sendable {
    private(set) var answer = StreamBenchAnswer()
    private let asked: Int64
    private var stamps = StreamBenchStamps()

    private static let longestRefusal = 300

    /// - Parameter asked: When the request was written.
    init(asked: Int64) {
        self.asked = asked
    }

    mutating func head(status: Int) {
        answer.status = status
    }

    mutating func body(_ bytes: some Sequence<UInt8>, at now: Int64) {
        guard answer.status == 200 else {
            answer.refusal += bytes.prefix(Self.longestRefusal - answer.refusal.count)
            return
        }
        for sighting in stamps.read(bytes) {
            switch sighting {
            case .stamp(let written):
                if answer.firstToken == nil { answer.firstToken = now - asked }
                answer.transits.append(now - written)
            case .done: answer.isDone = true
            }
        }
    }
}
