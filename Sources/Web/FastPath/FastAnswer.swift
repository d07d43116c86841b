import Foundation
import HTTPTypes
import NIOCore
import Synchronization

/// An answer that is written as it stands.
struct FastAnswer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: ByteBuffer
}

/// The header `Date` of this second, as RFC 9110 writes it; made once a second, for making it costs more than the rest of an answer.
final class DateHeader: Sendable {
    private struct State {
        var second = -1
        var text = ""
    }

    private let state = Mutex(State())

    func text(at date: Date = Date()) -> String {
        let second = Int(date.timeIntervalSince1970)
        return state.withLock { state in
            if state.second != second {
                state.second = second
                state.text = Self.text(second)
            }
            return state.text
        }
    }

    private static func text(_ second: Int) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
