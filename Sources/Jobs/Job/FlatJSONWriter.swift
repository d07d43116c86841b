/// Writes one JSON object that holds no other: the counterpart of ``FlatJSON``.
///
/// The general encoder costs more than all else that the ingress does for a small job. A payload that comes by the thousand writes itself
/// here (``JobPayload/write(to:)``), and means the same as what the general encoder writes: a test compares the two.
public struct FlatJSONWriter: Sendable {
    // Of most tickets and build steps.
    private var object = JSONObjectWriter(reserving: 512)
    private var isRefused = false

    init() {}

    /// A member that is text; none for nil. Keys are written as they stand.
    public mutating func text(_ key: StaticString, _ value: String?) { object.member(key, ifPresent: value) }

    /// A member that is a whole number.
    public mutating func integer(_ key: StaticString, _ value: Int) { object.member(key, value) }

    /// Leaves this body to the general encoder: it is not of the plain form.
    public mutating func refuse() { isRefused = true }

    /// The object; nil where it was refused.
    consuming func finished() -> [UInt8]? { isRefused ? nil : object.finish() }
}
