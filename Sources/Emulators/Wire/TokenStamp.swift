import Foundation

/// The moment at which a piece of text was written, as it stands behind the piece: `@1700000000123456789;`.
///
/// Nanoseconds since 1970 by the wall clock, which two processes of one machine share; the clock tells about a quarter of a
/// microsecond. Nothing in it is escaped by JSON, so whoever reads the stream finds it without decoding.
package enum TokenStamp {
    /// The time as stamps have it, for who compares.
    package static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }

    static func text(_ time: Int64) -> String { "@\(time);" }
}
