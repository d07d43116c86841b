/// What one request brought.
struct StreamBenchAnswer: Sendable, Equatable {
    /// Why an answer counts as lost.
    enum Loss: Sendable, Hashable, CustomStringConvertible {
        /// It has another status than 200.
        case refused(status: Int)
        /// It was waited for as long as it may take.
        case givenUp
        /// It does not end with `[DONE]`.
        case unfinished
        /// Fewer tokens than were asked for, or more.
        case miscounted

        var description: String {
            switch self {
            case .refused(let status): "had status \(status)"
            case .givenUp: "did not end in time"
            case .unfinished: "did not end with [DONE]"
            case .miscounted: "had another number of tokens"
            }
        }
    }

    /// Nil when the connection ended before the answer's head.
    var status: Int?
    /// From the request's writing to the reading of the first token, nanoseconds.
    var firstToken: Int64?
    /// Of each token from its writing by the provider to its reading here, nanoseconds.
    var transits: [Int64] = []
    var isDone = false
    var isGivenUp = false
    /// The beginning of what an error says: that of the body when the status is not 200, or the data of an event.
    var fault: [UInt8] = []

    static let longestFault = 300

    /// Nil for a whole answer.
    ///
    /// - Parameter tokens: That were asked for.
    func loss(of tokens: Int) -> Loss? {
        if isGivenUp { return .givenUp }
        if let status, status != 200 { return .refused(status: status) }
        guard isDone else { return .unfinished }
        return transits.count == tokens ? nil : .miscounted
    }
}

/// Makes an answer of the parts in which it comes. Time is given, as stamps have it.
struct StreamBenchReading: Sendable {
    private(set) var answer = StreamBenchAnswer()
    private let asked: Int64
    private var stamps = StreamBenchStamps()

    /// - Parameter asked: When the request was written.
    init(asked: Int64) {
        self.asked = asked
    }

    mutating func head(status: Int) {
        answer.status = status
    }

    mutating func body(_ bytes: some Sequence<UInt8>, at now: Int64) {
        guard answer.status == 200 else {
            answer.fault += bytes.prefix(StreamBenchAnswer.longestFault - answer.fault.count)
            return
        }
        for sighting in stamps.read(bytes) {
            switch sighting {
            case .stamp(let written):
                if answer.firstToken == nil { answer.firstToken = now - asked }
                answer.transits.append(now - written)
            case .done: answer.isDone = true
            case .fault(let words): answer.fault = words
            }
        }
    }

    /// Nobody waits for the rest.
    mutating func giveUp() {
        answer.isGivenUp = true
    }
}

/// Finds the stamps of an emulator (`TokenStamp`), the end mark and errors in the bytes of an event stream, in whatever parts they come.
///
/// Nothing is decoded: a client that spent its time on JSON would be measured with what it measures.
///
/// ```
/// name ── "data:" ── data ── "@" ── digits ── ";" : a stamp
///   └─ any other line   ├─ until the line's end: "[DONE]" alone is the end mark
///                       └─ behind {"error" : until the line's end an error's data
/// ```
struct StreamBenchStamps: Sendable {
    enum Sighting: Sendable, Equatable {
        /// Nanoseconds of the monotonic clock.
        case stamp(Int64)
        case done
        /// The beginning of an error's data.
        case fault([UInt8])
    }

    private enum Place: Sendable {
        /// In a line that may be data: so many bytes of the name are there.
        case name(Int)
        case otherLine
        /// In data. So many bytes of the end mark, or of an error's beginning, are all that there was; nil when there was something else.
        case data(mark: Int?, error: Int?)
        case digits(UInt64, count: Int)
        /// In an error's data.
        case error([UInt8])
    }

    private var place = Place.name(0)

    private static let name = Array("data:".utf8)
    private static let mark = Array("[DONE]".utf8)
    private static let error = Array(#"{"error""#.utf8)
    /// Those of a time in 292 years; more are no time.
    private static let mostDigits = 19

    /// What is seen in the next bytes, in order.
    mutating func read(_ bytes: some Sequence<UInt8>) -> [Sighting] {
        var sightings: [Sighting] = []
        for byte in bytes {
            if let sighting = step(byte) { sightings.append(sighting) }
        }
        return sightings
    }

    private mutating func step(_ byte: UInt8) -> Sighting? {
        guard byte != UInt8(ascii: "\n") else { return endLine() }
        switch place {
        case .name(let count):
            if byte != Self.name[count] {
                place = .otherLine
            } else {
                place = count + 1 == Self.name.count ? .data(mark: 0, error: 0) : .name(count + 1)
            }
        case .otherLine: break
        case .data(let mark, let error):
            let begun = error.flatMap { Self.grown($0, by: byte, of: Self.error) }
            if byte == UInt8(ascii: "@") {
                place = .digits(0, count: 0)
            } else if begun == Self.error.count {
                place = .error(Self.error)
            } else {
                place = .data(mark: mark.flatMap { Self.grown($0, by: byte, of: Self.mark) }, error: begun)
            }
        case .digits(let value, let count):
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where count < Self.mostDigits:
                place = .digits(value * 10 + UInt64(byte - UInt8(ascii: "0")), count: count + 1)
            case UInt8(ascii: ";") where count > 0:
                place = .data(mark: nil, error: nil)
                return .stamp(Int64(clamping: value))
            case UInt8(ascii: "@"): place = .digits(0, count: 0)
            default: place = .data(mark: nil, error: nil)
            }
        case .error(let words):
            if words.count < StreamBenchAnswer.longestFault { place = .error(words + [byte]) }
        }
        return nil
    }

    private mutating func endLine() -> Sighting? {
        defer { place = .name(0) }
        switch place {
        case .data(let mark, _) where mark == Self.mark.count: return .done
        case .error(let words): return .fault(words)
        default: return nil
        }
    }

    /// How much of a word there is with one more byte. A blank may stand before it, and a CR behind it.
    private static func grown(_ count: Int, by byte: UInt8, of word: [UInt8]) -> Int? {
        if count < word.count, byte == word[count] { return count + 1 }
        let isMargin = count == 0 && byte == UInt8(ascii: " ") || count == word.count && byte == UInt8(ascii: "\r")
        return isMargin ? count : nil
    }
}
