/// Finds the stamps of an emulator (`TokenStamp`) and the end mark in the bytes of an event stream, in whatever parts they come.
///
/// Nothing is decoded: a client that spent its time on JSON would be measured with what it measures.
///
/// ```
/// name ── "data:" ── data ── "@" ── digits ── ";" : a stamp
///   └─ any other line         └─ until the line's end: "[DONE]" alone is the end mark
/// ```
struct StreamBenchStamps: Sendable {
    enum Sighting: Sendable, Equatable {
        /// Nanoseconds since 1970.
        case stamp(Int64)
        case done
    }

    private enum Place: Sendable {
        /// In a line that may be data: so many bytes of the name are there.
        case name(Int)
        case otherLine
        /// In data; so many bytes of the end mark are all that there was, nil when there was something else.
        case data(mark: Int?)
        case digits(UInt64, count: Int)
    }

    private var place = Place.name(0)

    private static let name = Array("data:".utf8)
    private static let mark = Array("[DONE]".utf8)
    /// Those of a time in the year 2262; more are no time.
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
        guard byte != UInt8(ascii: "\n") else {
            defer { place = .name(0) }
            guard case .data(let mark) = place, mark == Self.mark.count else { return nil }
            return .done
        }
        switch place {
        case .name(let count):
            if byte != Self.name[count] {
                place = .otherLine
            } else {
                place = count + 1 == Self.name.count ? .data(mark: 0) : .name(count + 1)
            }
        case .otherLine: break
        case .data(let mark):
            place = byte == UInt8(ascii: "@") ? .digits(0, count: 0) : .data(mark: mark.flatMap { Self.grown($0, by: byte) })
        case .digits(let value, let count):
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9") where count < Self.mostDigits:
                place = .digits(value * 10 + UInt64(byte - UInt8(ascii: "0")), count: count + 1)
            case UInt8(ascii: ";") where count > 0:
                place = .data(mark: nil)
                return .stamp(Int64(clamping: value))
            case UInt8(ascii: "@"): place = .digits(0, count: 0)
            default: place = .data(mark: nil)
            }
        }
        return nil
    }

    /// How much of the end mark there is with one more byte. A blank may stand before it, and a CR behind it.
    private static func grown(_ count: Int, by byte: UInt8) -> Int? {
        if count < mark.count, byte == mark[count] { return count + 1 }
        let isMargin = count == 0 && byte == UInt8(ascii: " ") || count == mark.count && byte == UInt8(ascii: "\r")
        return isMargin ? count : nil
    }
}
