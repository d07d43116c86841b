import Foundation
import Jobs
import Web

/// The body of `POST /v1/tickets`. Words are read as text and checked here, so that a wrong one is answered with those
/// that are right, and all faults at once.
struct TicketRequest: Decodable, Sendable {
    let subject: String
    let body: String
    let priority: String?
    let category: String?
    let wallet: String?
    let requester: String?

    /// Unicode scalars, as JSON Schema counts them.
    static let subjectLimit = 200
    static let requesterLimit = 200
    /// Bytes of UTF-8. The longest body in two years of a real project's issues, a pasted log, has 54 thousand.
    static let bodyLimit = 128 * 1024
    static let walletLimit = 3...128

    /// As the general decoder reads it, where the body is of the plain form.
    static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> TicketRequest {
        TicketRequest(
            subject: try fields.text("subject"), body: try fields.text("body"), priority: try fields.text(ifPresent: "priority"),
            category: try fields.text(ifPresent: "category"), wallet: try fields.text(ifPresent: "wallet"),
            requester: try fields.text(ifPresent: "requester"))
    }

    /// The job to enqueue.
    /// - Throws: a 422 problem that names every fault.
    func checked() throws -> CreateTicket {
        var faults: [FieldFault] = []

        if subject.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            faults.append(FieldFault(body: ["subject"], "The subject is empty."))
        } else if subject.unicodeScalars.count > Self.subjectLimit {
            faults.append(FieldFault(body: ["subject"], "The subject is longer than \(Self.subjectLimit) characters."))
        }
        if subject.holdsControls { faults.append(FieldFault(body: ["subject"], LineFault.controls)) }
        if body.utf8.count > Self.bodyLimit { faults.append(FieldFault(body: ["body"], "The body is longer than \(Self.bodyLimit) bytes.")) }

        let priority = priority.map { TicketPriority(rawValue: $0) } ?? .normal
        if priority == nil { faults.append(FieldFault(body: ["priority"], "Send one of \(Self.words(TicketPriority.self)).")) }
        let category = category.map { TicketCategory(wire: $0) }
        if case .some(.none) = category {
            faults.append(FieldFault(body: ["category"], "Send one of \(Self.words(TicketCategory.self)), or an on-chain code from 6000 to 6007."))
        }

        if let wallet, !Self.walletLimit.contains(wallet.utf8.count) || !wallet.utf8.allSatisfy(Self.isWalletByte) {
            let length = "\(Self.walletLimit.lowerBound) to \(Self.walletLimit.upperBound)"
            faults.append(FieldFault(body: ["wallet"], "An address has \(length) letters, digits or one of `.:_-`."))
        }
        if let requester {
            if requester.isEmpty || requester.unicodeScalars.count > Self.requesterLimit {
                faults.append(FieldFault(body: ["requester"], "The requester has 1 to \(Self.requesterLimit) characters."))
            }
            if requester.holdsControls { faults.append(FieldFault(body: ["requester"], LineFault.controls)) }
        }

        guard faults.isEmpty, let priority else { throw Problem.invalid(faults) }
        return CreateTicket(
            subject: subject, body: body, priority: priority, category: category ?? nil, wallet: wallet, requester: requester)
    }

    private static func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> String where Word.RawValue == String {
        Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    }

    /// Loose on purpose: hexadecimal, base58, names and chain-prefixed addresses all pass, a pasted sentence does not.
    private static func isWalletByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// The body of `POST /v1/tickets/{id}/replies`.
struct ReplyRequest: Decodable, Sendable {
    let body: String
    let author: String?

    /// - Throws: a 422 problem that names every fault.
    func checked() throws -> (body: String, author: ReplyAuthor) {
        var faults: [FieldFault] = []
        if body.unicodeScalars.allSatisfy(\.properties.isWhitespace) { faults.append(FieldFault(body: ["body"], "The reply is empty.")) }
        if body.utf8.count > TicketRequest.bodyLimit {
            faults.append(FieldFault(body: ["body"], "The reply is longer than \(TicketRequest.bodyLimit) bytes."))
        }
        let author = author.map { ReplyAuthor(rawValue: $0) } ?? .support
        if author == nil {
            let words = ReplyAuthor.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            faults.append(FieldFault(body: ["author"], "Send one of \(words)."))
        }
        guard faults.isEmpty, let author else { throw Problem.invalid(faults) }
        return (body, author)
    }
}

private enum LineFault {
    static let controls = "Control characters, line breaks and marks that turn the direction of text are not accepted here."
}

extension String {
    /// Whether a line of text could break a log's line, a terminal or the order in which it is read. Joiners inside of
    /// emoji and words are fine.
    fileprivate var holdsControls: Bool {
        unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
            default: ("\u{202A}"..."\u{202E}").contains(scalar) || ("\u{2066}"..."\u{2069}").contains(scalar)
            }
        }
    }
}
