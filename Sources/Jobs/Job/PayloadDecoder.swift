import Foundation

/// Decodes the bodies of one kind. One serves a whole batch: making it costs as much as decoding a job.
struct PayloadDecoder<Payload: JobPayload> {
    private let kind = Payload.kind
    private let isFlat = Payload.isFlat
    private let general = JSONDecoder()
    private var fields = FlatJSON()

    /// Decodes a body of any known version.
    /// - Throws: `PermanentJobError` for a body that no attempt will read; what `upcast` throws; `JobError(.laterVersion)` for a version
    ///   above the kind's own, which a worker of a later release will read.
    mutating func decode(_ body: [UInt8], version: Int) throws -> Payload {
        guard version <= kind.version else {
            throw JobError(
                .laterVersion, subject: kind.name, message: "a later release made version \(version); this one knows \(kind.version)")
        }
        guard version == kind.version else { return try Payload.upcast(body, from: version) }
        if isFlat, let payload = try? quick(body) { return payload }
        do {
            return try general.decode(Payload.self, from: Data(body))
        } catch {
            throw PermanentJobError("the body is not a \(kind.name): \(error)", code: "undecodable")
        }
    }

    private mutating func quick(_ body: [UInt8]) throws(FlatJSON.Unusual) -> Payload {
        try fields.read(body)
        return try Payload.read(fields)
    }
}

extension JobPayload {
    /// Reads one body of any known version, as the engine does for a handler.
    /// - Throws: `PermanentJobError` for a body that no attempt will read; what `upcast` throws; `JobError(.laterVersion)`.
    package static func decode(_ body: [UInt8], version: Int) throws -> Self {
        var decoder = PayloadDecoder<Self>()
        return try decoder.decode(body, version: version)
    }
}
