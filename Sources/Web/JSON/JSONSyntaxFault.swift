/// Why bytes are not a JSON document, and where.
struct JSONSyntaxFault: Error, Equatable {
    enum Reason: Equatable {
        /// The bytes end inside the document.
        case truncated
        /// A byte that cannot stand there.
        case unexpected(UInt8)
        /// Something follows the document.
        case trailing
        /// A number, escape or word that is begun and not ended properly.
        case malformed(String)
        /// Nested deeper than is read.
        case tooDeep(Int)
    }

    let reason: Reason
    /// Bytes before the fault.
    let offset: Int

    /// A sentence for the caller.
    var detail: String {
        switch reason {
        case .truncated: "The JSON document ends too early, after \(offset) bytes."
        case .unexpected(let byte):
            (0x21..<0x7F).contains(byte)
                ? "The character `\(Character(Unicode.Scalar(byte)))` at byte \(offset) cannot stand there in JSON."
                : "The byte 0x\(String(byte, radix: 16, uppercase: true)) at byte \(offset) cannot stand there in JSON."
        case .trailing: "Something follows the JSON document at byte \(offset)."
        case .malformed(let what): "The \(what) at byte \(offset) is not JSON."
        case .tooDeep(let limit): "The JSON document is nested deeper than \(limit) at byte \(offset)."
        }
    }
}
