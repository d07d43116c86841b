import CHiredis
import NIOCore

// The one file that touches hiredis's pointers; the rest of the target sees Swift values.

/// Writes commands with `redisFormatCommandArgv`.
enum CommandFormatter {
    /// The server refuses an argument above 512 MB (`proto-max-bulk-len`); a command above it is refused here, before memory is spent.
    static let maximumBytes = 512 * 1_024 * 1_024

    /// Appends the command in RESP to `buffer`. Throws `.protocol` for a command that is too large.
    static func append(_ command: RedisCommand, to buffer: inout ByteBuffer) throws(RedisError) {
        let bound = command.arguments.reduce(command.name.utf8.count) { $0 + $1.byteBound }
        guard bound <= maximumBytes else { throw tooLarge(command, bound) }
        let count = command.arguments.count + 1
        // All arguments side by side: C takes an array of pointers, and nested `withUnsafe…` calls cannot be written for any number of them.
        var text: [UInt8] = []
        text.reserveCapacity(bound + 1)
        let isFormatted = withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { lengths in
            lengths.initializeElement(at: 0, to: appended(.string(command.name), to: &text))
            for (index, argument) in command.arguments.enumerated() {
                lengths.initializeElement(at: index + 1, to: appended(argument, to: &text))
            }
            // One byte of its own, so that a pointer exists even if every argument is empty.
            text.append(0)
            return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers in
                text.withUnsafeBytes { raw in
                    var offset = 0
                    for index in 0..<count {
                        pointers.initializeElement(at: index, to: raw.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
                        offset += lengths[index]
                    }
                    return write(pointers, lengths, to: &buffer)
                }
            }
        }
        guard isFormatted else { throw tooLarge(command, bound) }
    }

    private static func appended(_ argument: RedisArgument, to text: inout [UInt8]) -> Int {
        let before = text.count
        switch argument {
        case .string(let value): text.append(contentsOf: value.utf8)
        case .bytes(let value): text.append(contentsOf: value)
        case .integer(let value): text.append(contentsOf: String(value).utf8)
        }
        return text.count - before
    }

    private static func write(
        _ pointers: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, _ lengths: UnsafeMutableBufferPointer<Int>, to buffer: inout ByteBuffer
    ) -> Bool {
        var formatted: UnsafeMutablePointer<CChar>?
        let length = redisFormatCommandArgv(&formatted, Int32(pointers.count), pointers.baseAddress, lengths.baseAddress)
        guard length >= 0, let formatted else { return false }
        defer { redisFreeCommand(formatted) }
        buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(length)))
        return true
    }

    private static func tooLarge(_ command: RedisCommand, _ bytes: Int) -> RedisError {
        RedisError(.protocol, "the command takes \(bytes) bytes; at most \(maximumBytes) can be sent", command: command.name)
    }
}

/// Reads replies with hiredis's `redisReader`, however the bytes were cut on their way.
///
/// The reader is given object functions of ours, so that it never builds its own tree of `redisReply`: each part goes straight into
/// the ``ReplyBuilder``. hiredis only wants to see that an object exists, and gets an address that nobody reads.
///
/// After an error the reader stays in error; the connection it belongs to must be closed.
final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: UnsafeMutablePointer<ReplyBuilder>

    /// The reader frees its buffer when it is empty and larger than this. hiredis's default of 16 KB would free and grow it anew
    /// with each batch of stream entries; a reply above 1 MB is rare enough to give its memory back.
    private static let keptBytes = 1_024 * 1_024

    /// Bytes are handed over in pieces of this size: hiredis moves what is left of its buffer to the front after every kilobyte read,
    /// which over a long buffer of short replies would copy each byte many times.
    private static let pieceBytes = 16 * 1_024

    /// Throws `.protocol` if there is no memory for a reader.
    init() throws(RedisError) {
        functions = .allocate(capacity: 1)
        functions.initialize(
            to: redisReplyObjectFunctions(
                createString: replyCreateString, createArray: replyCreateArray, createInteger: replyCreateInteger, createNil: replyCreateNil,
                freeObject: replyFreeObject))
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            throw RedisError(.protocol, "no memory for a reply reader")
        }
        builder = .allocate(capacity: 1)
        builder.initialize(to: ReplyBuilder())
        self.reader = reader
        reader.pointee.maxbuf = Self.keptBytes
        // C calls back only from inside `read`, while this object and so the builder are alive.
        reader.pointee.privdata = UnsafeMutableRawPointer(builder)
    }

    deinit {
        redisReaderFree(reader)
        builder.deinitialize(count: 1)
        builder.deallocate()
        functions.deinitialize(count: 1)
        functions.deallocate()
    }

    /// Takes the bytes that came and hands over each reply that is now complete, until `deliver` returns false.
    /// Throws `.protocol` for bytes that are not RESP2 and for arrays nested deeper than hiredis reads.
    func read(_ bytes: ByteBuffer, deliver: (RedisValue) -> Bool) throws(RedisError) {
        let failure = bytes.withUnsafeReadableBytes { all -> RedisError? in
            var offset = 0
            while offset < all.count {
                let piece = UnsafeRawBufferPointer(rebasing: all[offset..<min(all.count, offset + Self.pieceBytes)])
                offset += piece.count
                guard redisReaderFeed(reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count) == REDIS_OK else {
                    return failed()
                }
                while true {
                    var object: UnsafeMutableRawPointer?
                    guard redisReaderGetReply(reader, &object) == REDIS_OK else { return failed() }
                    guard object != nil, let reply = builder.pointee.takeReply() else { break }
                    guard deliver(reply) else { return nil }
                }
            }
            return nil
        }
        if let failure { throw failure }
    }

    private func failed() -> RedisError {
        let text = withUnsafeBytes(of: &reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard !text.contains("nested") else {
            return RedisError(.protocol, "the reply nests arrays more than 8 deep, which the decoder does not read (\(text))")
        }
        return RedisError(.protocol, "the reply is not RESP2: \(text)")
    }
}

// Called by C, so at file level and isolated to nothing: a closure written inside isolated code would carry a check for its
// executor and stop the process.

private func builder(of task: UnsafePointer<redisReadTask>?) -> UnsafeMutablePointer<ReplyBuilder>? {
    task?.pointee.privdata?.assumingMemoryBound(to: ReplyBuilder.self)
}

/// What hiredis takes for the object made: any address but null. Nobody reads it.
private func someObject() -> UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: 1)
}

private func replyCreateString(
    _ task: UnsafePointer<redisReadTask>?, _ text: UnsafeMutablePointer<CChar>?, _ length: Int
) -> UnsafeMutableRawPointer? {
    guard let task, let builder = builder(of: task) else { return nil }
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    switch task.pointee.type {
    case REDIS_REPLY_STRING: builder.pointee.append(.bulk([UInt8](bytes)))
    case REDIS_REPLY_ERROR: builder.pointee.append(.error(String(decoding: bytes, as: UTF8.self)))
    default: builder.pointee.append(.simple(String(decoding: bytes, as: UTF8.self)))
    }
    return someObject()
}

private func replyCreateArray(_ task: UnsafePointer<redisReadTask>?, _ count: Int32) -> UnsafeMutableRawPointer? {
    guard let builder = builder(of: task) else { return nil }
    builder.pointee.beginArray(count: Int(count))
    return someObject()
}

private func replyCreateInteger(_ task: UnsafePointer<redisReadTask>?, _ value: Int64) -> UnsafeMutableRawPointer? {
    guard let builder = builder(of: task) else { return nil }
    builder.pointee.append(.integer(Int(value)))
    return someObject()
}

private func replyCreateNil(_ task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? {
    guard let builder = builder(of: task) else { return nil }
    builder.pointee.append(.null)
    return someObject()
}

private func replyFreeObject(_ object: UnsafeMutableRawPointer?) {
    // The parts live in the builder, which is freed with the reader.
}
