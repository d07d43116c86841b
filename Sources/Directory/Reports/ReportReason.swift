/// Why somebody reports a published agent, and on what ground an operator decides. The list is closed, and the table has the same.
package enum ReportReason: String, Sendable, Codable, CaseIterable {
    /// It passes for another agent, a person or an organisation.
    case impersonation
    /// It harms whoever runs it.
    case malware
    /// A key, a password or somebody's data is in it.
    case leakedSecret = "leaked_secret"
    /// The law forbids it.
    case illegal
    /// It says of itself what is not so.
    case misleading
    /// It does not do what it should: a fault, and no wrong.
    case notWorking = "not_working"
    /// What the words of the report say.
    case other

    /// The rule that it is about, as a statement of reasons refers to it.
    var rule: String { "directory-rules/\(rawValue)" }

    /// In a sentence, for people.
    var words: String {
        switch self {
        case .impersonation: "impersonation"
        case .malware: "malware"
        case .leakedSecret: "a leaked secret"
        case .illegal: "illegal content"
        case .misleading: "a misleading description"
        case .notWorking: "not working"
        case .other: "another reason"
        }
    }

    /// `` `a`, `b` ``, for whoever has sent something else.
    static var list: String { allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
}
