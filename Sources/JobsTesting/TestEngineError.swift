/// Something about the engine is not as a test expects it.
public struct TestEngineError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
