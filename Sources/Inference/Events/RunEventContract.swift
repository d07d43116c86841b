/// The published contract of run events: the very text of `ops/contract`, embedded at build time.
enum RunEventContract {
    /// Where it is served, of the version that ``RunEvent`` writes.
    static let path = "/v1/contracts/run-events/v\(RunEvent.version)"
    /// The media type of JSON Schema.
    static let contentType = "application/schema+json"

    static let bytes: [UInt8] = {
        let name = "run-events-v\(RunEvent.version).json"
        guard let file = EmbeddedContracts.files.first(where: { $0.path == name }) else {
            preconditionFailure("\(name) was not embedded: a new version of the events needs its contract")
        }
        return Array(file.text.utf8)
    }()
}
