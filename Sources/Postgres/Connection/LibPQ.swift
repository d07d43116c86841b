import CLibPQ
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// The only file that names libpq's pointers. Each has one owner: `Wire` (PGconn), `WireResult` (PGresult) and `CancelRequest`
// (PGcancel) free theirs in `deinit`; every string is copied before the next call. That rule keeps these three types together.

enum LibPQ {
    /// Every option that libpq knows, with the variable it reads it from.
    static let options: [(keyword: String, environmentVariable: String?)] = {
        guard let table = PQconndefaults() else { return [] }
        defer { PQconninfoFree(table) }
        var options: [(keyword: String, environmentVariable: String?)] = []
        var entry = table
        while let keyword = entry.pointee.keyword {
            options.append((String(cString: keyword), entry.pointee.envvar.map { String(cString: $0) }))
            entry += 1
        }
        return options
    }()
}

/// A connection's `PGconn`. Confined to the actor that owns it; all calls are the non-blocking ones.
final class Wire {
    enum OpeningStep { case wantsRead, wantsWrite, open, failed }
    enum TransactionState { case idle, inTransaction, failed, other }

    private let connection: OpaquePointer
    private let notices: NoticeLog

    /// Starts to connect. Throws ``PostgresError`` with code `configuration` when libpq refuses the options.
    init(opening options: [(keyword: String, value: String)], logger: Logger) throws {
        notices = NoticeLog(logger: logger)
        let keywords = CStrings(options.map(\.keyword))
        let values = CStrings(options.map(\.value))
        guard let connection = withExtendedLifetime((keywords, values), { PQconnectStartParams(keywords.pointers, values.pointers, 0) }) else {
            throw PostgresError(.connection, "out of memory")
        }
        self.connection = connection
        guard PQstatus(connection) != CONNECTION_BAD else { throw PostgresError(.configuration, lastMessage) }
        // With the SQLSTATE in the text, for a failed start has no result to ask.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(connection, receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { PQfinish(connection) }

    func continueOpening() -> OpeningStep {
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_OK: .open
        case PGRES_POLLING_READING: .wantsRead
        case PGRES_POLLING_WRITING: .wantsWrite
        default: .failed
        }
    }

    /// From now on nothing blocks and statements queue up. False when libpq refuses.
    func startPipelining() -> Bool { PQsetnonblocking(connection, 1) == 0 && PQenterPipelineMode(connection) == 1 }

    /// For what pipelines cannot carry: COPY and scripts. Only between trips.
    func leavePipeline() -> Bool { PQexitPipelineMode(connection) == 1 }
    func enterPipeline() -> Bool { PQenterPipelineMode(connection) == 1 }

    var socket: Int32 { PQsocket(connection) }
    var isBroken: Bool { PQstatus(connection) == CONNECTION_BAD }
    /// The server said goodbye. The end of the connection itself may still be on its way.
    var hasEnded: Bool { notices.hasEnded }
    var isBusy: Bool { PQisBusy(connection) == 1 }
    var lastMessage: String { PQerrorMessage(connection).map { trimmed(String(cString: $0)) } ?? "" }
    var serverProcess: Int32 { PQbackendPID(connection) }

    var transactionState: TransactionState {
        switch PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .failed
        default: .other
        }
    }

    // MARK: Sending. False means that the connection cannot send; ``lastMessage`` says why.

    func sendPrepare(_ statement: Statement, name: String) -> Bool {
        statement.sql.withCString { text in
            PQsendPrepare(connection, name, text, Int32(statement.parameters.types.count), statement.parameters.types) == 1
        }
    }

    func sendPrepared(_ statement: Statement, name: String) -> Bool {
        withParameters(statement.parameters) { count, values, lengths, formats in
            PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
        }
    }

    func sendUnnamed(_ statement: Statement) -> Bool {
        statement.sql.withCString { text in
            withParameters(statement.parameters) { count, values, lengths, formats in
                PQsendQueryParams(connection, text, count, statement.parameters.types, values, lengths, formats, 1) == 1
            }
        }
    }

    /// `name` is one of the cache's own.
    func sendDeallocate(name: String) -> Bool {
        PQsendQueryParams(connection, "deallocate \(name)", 0, nil, nil, nil, nil, 1) == 1
    }

    /// Several statements without parameters. Not in pipeline mode.
    func sendScript(_ sql: SQL) -> Bool { sql.withCString { PQsendQuery(connection, $0) == 1 } }

    func sendSync() -> Bool { PQpipelineSync(connection) == 1 }

    /// True when everything is with the kernel; `nil` when the connection broke.
    func flush() -> Bool? {
        switch PQflush(connection) {
        case 0: true
        case 1: false
        default: nil
        }
    }

    /// False when the connection broke; what arrived before is still there to be read.
    func consumeInput() -> Bool { PQconsumeInput(connection) == 1 }

    /// The next result, or `nil` at the end of a statement's results. Only when ``isBusy`` is false or the connection broke:
    /// else it would block.
    func nextResult() -> WireResult? {
        guard let result = PQgetResult(connection) else { return nil }
        return WireResult(taking: result)
    }

    // MARK: COPY. `nil` when the connection broke, false when the buffers are full.

    func putCopy(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        switch PQputCopyData(connection, bytes.assumingMemoryBound(to: CChar.self).baseAddress, Int32(bytes.count)) {
        case 1: true
        case 0: false
        default: nil
        }
    }

    /// `failure` makes the server refuse the whole copy.
    func endCopy(failure: String?) -> Bool? {
        switch PQputCopyEnd(connection, failure) {
        case 1: true
        case 0: false
        default: nil
        }
    }

    /// What a cancel request needs; `nil` when not connected.
    func cancelRequest() -> CancelRequest? { PQgetCancel(connection).map { CancelRequest(taking: $0) } }

    private func withParameters<R>(
        _ parameters: Parameters,
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
    ) -> R {
        let count = parameters.extents.count
        guard count > 0 else { return body(0, nil, nil, nil) }
        return parameters.bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                    for (index, extent) in parameters.extents.enumerated() {
                        let isNull = extent.length < 0
                        values.initializeElement(at: index, to: isNull ? nil : address(in: bytes, at: extent.offset))
                        numbers.initializeElement(at: index, to: isNull ? 0 : Int32(extent.length))
                        numbers.initializeElement(at: count + index, to: 1)
                    }
                    return body(Int32(count), values.baseAddress, numbers.baseAddress, numbers.baseAddress.map { UnsafePointer($0 + count) })
                }
            }
        }
    }

    /// A value of no bytes still needs an address: none at all means null.
    private func address(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UnsafePointer<CChar>? {
        guard let base = bytes.baseAddress else { return emptyValue }
        return (base + offset).assumingMemoryBound(to: CChar.self)
    }

    private var emptyValue: UnsafePointer<CChar>? {
        let empty: StaticString = ""
        return UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// Owns a `PGresult`: cleared when it goes out of scope, never copied.
struct WireResult: ~Copyable {
    enum Status { case done, rows, copyIn, failed, skipped, sync, unexpected }

    private let result: OpaquePointer

    init(taking result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var status: Status {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .done
        case PGRES_TUPLES_OK: .rows
        case PGRES_COPY_IN: .copyIn
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: .failed
        case PGRES_PIPELINE_ABORTED: .skipped
        case PGRES_PIPELINE_SYNC: .sync
        default: .unexpected
        }
    }

    /// `COMMIT`, `INSERT 0 5`, …
    var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    /// Of a COPY: whether it wants the binary form.
    var isBinary: Bool { PQbinaryTuples(result) == 1 }

    var fault: ServerFault {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        return ServerFault(
            severity: field("V") ?? field("S"), sqlState: field("C"),
            message: field("M") ?? trimmed(PQresultErrorMessage(result).map { String(cString: $0) } ?? ""), detail: field("D"),
            hint: field("H"), constraint: field("n"), table: field("t"), column: field("c"), routine: field("R"))
    }

    /// Copies everything out.
    func read() -> PostgresResult {
        let affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        guard PQresultStatus(result) == PGRES_TUPLES_OK else { return PostgresResult(data: nil, affected: affected) }

        let (rowCount, columnCount) = (PQntuples(result), PQnfields(result))
        let columns = (0..<columnCount).map { column in
            PostgresColumn(name: PQfname(result, column).map { String(cString: $0) } ?? "", type: PostgresType(rawValue: PQftype(result, column)))
        }
        var extents: [PostgresResultData.Extent] = []
        extents.reserveCapacity(Int(rowCount) * Int(columnCount))
        var size = 0
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                guard PQgetisnull(result, row, column) == 0 else {
                    extents.append(.init(offset: 0, length: -1))
                    continue
                }
                let length = Int(PQgetlength(result, row, column))
                extents.append(.init(offset: size, length: length))
                size += length
            }
        }
        // An array of nothing is one for the whole process, which must not be written to.
        let bytes =
            size == 0
            ? []
            : [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                guard let target = buffer.baseAddress else { return }
                for (cell, extent) in extents.enumerated() where extent.length > 0 {
                    let (row, column) = cell.quotientAndRemainder(dividingBy: Int(columnCount))
                    if let source = PQgetvalue(result, Int32(row), Int32(column)) {
                        UnsafeMutableRawPointer(target + extent.offset).copyMemory(from: source, byteCount: extent.length)
                    }
                }
                initialized = size
            }
        return PostgresResult(
            data: PostgresResultData(columns: columns, rowCount: Int(rowCount), extents: extents, bytes: bytes), affected: affected)
    }
}

/// Owns a `PGcancel`.
// Proof for @unchecked: the pointer is set once; libpq fills the struct when it makes it, only reads it afterwards, and documents
// PQcancel as safe from any thread. It is freed after the last reference, so never during a call.
final class CancelRequest: @unchecked Sendable {
    private let cancel: OpaquePointer

    init(taking cancel: OpaquePointer) { self.cancel = cancel }

    deinit { PQfreeCancel(cancel) }

    /// Blocks until the server closed the request's own connection, which it does after the signal was sent. A failure needs no
    /// answer: the statement's deadline stands.
    func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            _ = PQcancel(cancel, message.baseAddress, Int32(message.count))
        }
    }
}

/// Passes the server's notices to the log, and remembers the last of them.
private final class NoticeLog {
    private let logger: Logger
    /// The server said that it ends this connection.
    private(set) var hasEnded = false

    init(logger: Logger) { self.logger = logger }

    func receive(_ fault: ServerFault) {
        if fault.severity == "FATAL" || fault.severity == "PANIC" { hasEnded = true }
        logger.debug(
            "postgres notice",
            metadata: ["severity": "\(fault.severity ?? "")", "sqlstate": "\(fault.sqlState ?? "")", "message": "\(fault.message)"])
    }
}

/// Called by libpq on the connection's thread; a top-level function, so that it belongs to no actor. libpq clears the result.
private func receiveNotice(_ raw: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let raw, let result else { return }
    func field(_ code: Character) -> String? {
        code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
    }
    Unmanaged<NoticeLog>.fromOpaque(raw).takeUnretainedValue().receive(
        ServerFault(severity: field("V") ?? field("S"), sqlState: field("C"), message: field("M") ?? ""))
}

/// A null-terminated array of C strings.
private final class CStrings {
    let pointers: [UnsafePointer<CChar>?]

    init(_ strings: [String]) { pointers = strings.map { UnsafePointer(strdup($0)) } + [nil] }

    deinit { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
}

private func trimmed(_ message: String) -> String {
    message.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
}
