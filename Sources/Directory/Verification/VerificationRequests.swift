import Foundation
import Web
import Workspaces

/// Who stands behind an owner, as an operator gives it.
struct VerificationOrder: Sendable, Equatable {
    let name: String
    let site: String?
}

/// The body of `PUT /v1/operations/verified-owners/{owner}`.
struct VerificationRequest: Decodable, Sendable {
    let name: String
    let site: String?

    /// Blanks around both are not of them.
    /// - Throws: a 422 problem that names every fault.
    func checked() throws -> VerificationOrder {
        let order = VerificationOrder(name: Self.trimmed(name), site: site.map(Self.trimmed))
        var faults: [FieldFault] = []
        if order.name.isEmpty { faults.append(FieldFault(body: ["name"], "Say who stands behind the owner.")) }
        if order.name.unicodeScalars.count > VerifiedMaintainer.nameLimit {
            faults.append(FieldFault(body: ["name"], "Send at most \(VerifiedMaintainer.nameLimit) characters."))
        }
        // As of a title: everybody reads it, and has to read what is written.
        faults += TitleText.faults(in: order.name).map { FieldFault(body: ["name"], $0.sentence) }
        if let site = order.site, !Self.isSite(site) {
            faults.append(
                FieldFault(
                    body: ["site"],
                    "Send an https address of at most \(VerifiedMaintainer.siteLimit) bytes, without a user, a password and a fragment."))
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return order
    }

    /// What RFC 3986 lets stand in an address.
    private static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?@!$&'()*+,;=%[]".utf8)

    /// Whether an address leads to a site over TLS. Other scripts in a host are written in their ASCII form (`xn--…`), which looks like no other host.
    private static func isSite(_ text: String) -> Bool {
        guard text.hasPrefix("https://"), text.utf8.count <= VerifiedMaintainer.siteLimit, text.utf8.allSatisfy(alphabet.contains),
            let parts = URLComponents(string: text), let host = parts.host
        else { return false }
        return !host.isEmpty && parts.user == nil && parts.password == nil
    }

    private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// The body of `POST /v1/operations/verified-owners/{owner}/withdrawal`.
struct VerificationEndRequest: Decodable, Sendable {
    let reason: String

    /// - Throws: a 422 problem.
    func checked() throws -> String {
        // Forms send line breaks as two characters, which the browser has counted as one.
        let text = reason.replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { throw Problem.invalid([FieldFault(body: ["reason"], "Say why: the owner reads it.")]) }
        guard text.unicodeScalars.count <= VerifiedMaintainer.reasonLimit else {
            throw Problem.invalid([FieldFault(body: ["reason"], "Send at most \(VerifiedMaintainer.reasonLimit) characters.")])
        }
        return text
    }
}
