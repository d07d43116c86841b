/// One statement with its parameters in the form that goes on the wire, made in the caller's task so that the connection's
/// thread only sends.
struct Statement: Sendable {
    /// The program's line that asked for it.
    struct Caller: Sendable {
        let file: StaticString
        let line: UInt
    }

    let sql: SQL
    let parameters: Parameters
    let caller: Caller

    init(_ sql: SQL, _ parameters: [any PostgresEncodable], caller: Caller) throws {
        self.sql = sql
        self.caller = caller
        do {
            self.parameters = try Parameters(parameters)
        } catch var error as PostgresError {
            error.statement = sql.label
            error.file = caller.file.description
            error.line = Int(caller.line)
            throw error
        }
    }

    /// A statement of this module's own without parameters (BEGIN, COMMIT, …).
    init(_ sql: SQL, file: StaticString = #fileID, line: UInt = #line) {
        self.sql = sql
        parameters = Parameters()
        caller = Caller(file: file, line: line)
    }

    init(_ sql: SQL, parameters: Parameters, file: StaticString = #fileID, line: UInt = #line) {
        self.sql = sql
        self.parameters = parameters
        caller = Caller(file: file, line: line)
    }
}

/// Encoded parameters: all values in one block.
struct Parameters: Sendable {
    /// Where a value lies in the block; a negative length is a null.
    struct Extent: Sendable {
        let offset: Int
        let length: Int
    }

    let types: [UInt32]
    let extents: [Extent]
    let bytes: [UInt8]

    /// None at all.
    init() {
        types = []
        extents = []
        bytes = []
    }

    /// One text, already in UTF-8 and free of NUL.
    init(text: [UInt8]) {
        types = [PostgresType.text.rawValue]
        extents = [Extent(offset: 0, length: text.count)]
        bytes = text
    }

    /// The protocol counts parameters in 16 bits.
    static let maximumCount = 65_535

    init(_ values: [any PostgresEncodable]) throws {
        guard values.count <= Self.maximumCount else {
            throw PostgresError(.usage, "\(values.count) parameters, at most \(Self.maximumCount) are possible: pass arrays")
        }
        var types: [UInt32] = []
        types.reserveCapacity(values.count)
        var size = 0
        for value in values {
            types.append(type(of: value).postgresType.rawValue)
            size += value.isNull ? 0 : value.encodedSize
        }
        guard size < Int(Int32.max) / 2 else {
            throw PostgresError(.usage, "parameters of \(size) bytes, the server takes less than 1 GiB: split the batch")
        }

        guard size > 0 else {
            // An array of nothing is one for the whole process, which must not be written to. What is not null is empty.
            self.types = types
            self.extents = values.map { Extent(offset: 0, length: $0.isNull ? -1 : 0) }
            bytes = []
            return
        }

        var extents: [Extent] = []
        extents.reserveCapacity(values.count)
        bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            var output = PostgresOutput(UnsafeMutableRawBufferPointer(buffer))
            for (index, value) in values.enumerated() {
                guard !value.isNull else {
                    extents.append(Extent(offset: 0, length: -1))
                    continue
                }
                let offset = output.count
                do {
                    try value.encode(into: &output)
                } catch var error as PostgresError {
                    error.message = "parameter $\(index + 1): \(error.message)"
                    throw error
                }
                extents.append(Extent(offset: offset, length: output.count - offset))
            }
            initialized = output.count
        }
        self.types = types
        self.extents = extents
    }
}
