import Foundation
import Web

/// The body of `POST /v1/agents/{agent}/{name}/reports`. Words are read as text and checked here, so that all faults are told at once.
struct ReportRequest: Decodable, Sendable {
    let reason: String
    let text: String?
    let contact: String?

    /// Unicode scalars, as JSON Schema and the table count them.
    static let textLimit = 4000
    static let contactLimit = 320

    /// - Throws: a 422 problem that names every fault.
    func checked(owner: String, name: String) throws -> ReportDesk.Submission {
        var faults: [FieldFault] = []
        let known = ReportReason(rawValue: reason)
        if known == nil { faults.append(FieldFault(body: ["reason"], "Send one of \(ReportReason.list).")) }
        let words = text ?? ""
        faults += TextFault.of(words, named: "text", limit: Self.textLimit, isNeeded: known == .other)
        if let contact { faults += TextFault.of(contact, named: "contact", limit: Self.contactLimit, isNeeded: true) }
        guard faults.isEmpty, let known else { throw Problem.invalid(faults) }
        return ReportDesk.Submission(owner: owner, name: name, reason: known, text: words, contact: contact)
    }
}

/// The body of `POST /v1/operations/agent-reports/{case}/decision`.
struct DecisionRequest: Decodable, Sendable {
    let decision: String
    let ground: String
    let facts: String
    let rule: String?
    let automated: Bool?

    static let ruleLimit = 200

    /// - Throws: a 422 problem that names every fault.
    func checked() throws -> ModerationOrder {
        var faults: [FieldFault] = []
        let known = ModerationDecision(rawValue: decision)
        if known == nil { faults.append(FieldFault(body: ["decision"], "Send one of \(ModerationDecision.list).")) }
        let reason = ReportReason(rawValue: ground)
        if reason == nil { faults.append(FieldFault(body: ["ground"], "Send one of \(ReportReason.list).")) }
        faults += TextFault.of(facts, named: "facts", limit: ReportRequest.textLimit, isNeeded: true)
        if let rule { faults += TextFault.of(rule, named: "rule", limit: Self.ruleLimit, isNeeded: true) }
        guard faults.isEmpty, let known, let reason else { throw Problem.invalid(faults) }
        return ModerationOrder(decision: known, ground: reason, facts: facts, rule: rule ?? reason.rule, automated: automated ?? false)
    }
}

/// The body of `POST /v1/agents/{agent}/appeals`.
struct AppealRequest: Decodable, Sendable {
    let text: String

    /// - Throws: a 422 problem.
    func checked() throws -> String {
        let faults = TextFault.of(text, named: "text", limit: ReportRequest.textLimit, isNeeded: true)
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return text
    }
}

/// What can be wrong with a text of somebody's own words.
private enum TextFault {
    static func of(_ text: String, named name: String, limit: Int, isNeeded: Bool) -> [FieldFault] {
        if isNeeded, text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { return [FieldFault(body: [name], "The text is empty.")] }
        if text.unicodeScalars.count > limit { return [FieldFault(body: [name], "The text is longer than \(limit) characters.")] }
        return []
    }
}
